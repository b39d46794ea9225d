using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>An appliance as clients read and write it. PUT sends the whole object.</summary>
/// <param name="Name">Required, unique, 1 to 128 characters.</param>
public sealed record Appliance(
    Guid? Id,
    string? Name,
    string? Hostname = null,
    Guid? Site = null,
    string? SiteName = null,
    string? Notes = null,
    IReadOnlyList<string>? Tags = null,
    DateTimeOffset? Created = null,
    DateTimeOffset? Updated = null,
    bool Activated = false,
    ApplianceRole? Controller = null,
    ApplianceRole? Gateway = null,
    ApplianceRole? LogServer = null,
    ApplianceRole? LogForwarder = null,
    ApplianceRole? Connector = null,
    ApplianceRole? Portal = null,
    ApplianceRole? MetricsAggregator = null);

/// <summary>Whether an appliance has a role.</summary>
public sealed record ApplianceRole(bool Enabled);

/// <summary>The word that clients decide by: they skip <c>offline</c> and <c>n/a</c>.</summary>
[JsonConverter(typeof(ApplianceHealthConverter))]
public enum ApplianceHealth
{
    /// <summary>Never activated (<c>n/a</c>).</summary>
    NotAvailable,
    Offline,
    Healthy,
    Warning,
    Error,
    /// <summary>Being backed up.</summary>
    Busy,
}

/// <summary>One appliance in <c>GET /appliances/status</c>.</summary>
/// <param name="Functions">What it does: <c>Controller</c>, <c>Gateway</c>, <c>LogServer</c>, <c>LogForwarder</c>,
/// <c>Connector</c>, <c>Portal</c>, <c>Metrics Aggregator</c> and nothing else.</param>
/// <param name="Cpu">Percent, 0 to 100.</param>
/// <param name="Memory">Percent, 0 to 100.</param>
/// <param name="Disk">Percent of the volume that the agent collects from, 0 to 100.</param>
/// <param name="LastSeen">When the agent was last heard of.</param>
public sealed record ApplianceStatus(
    Guid Id,
    string Name,
    string? Hostname,
    Guid? Site,
    string? SiteName,
    IReadOnlyList<string> Tags,
    bool Activated,
    ApplianceHealth Status,
    IReadOnlyList<string> Functions,
    double? Cpu,
    double? Memory,
    double? Disk,
    string? ApplianceVersion,
    ApplianceDetails Details,
    DateTimeOffset? LastSeen);

public sealed record ApplianceDetails(DiskDetails? Disk);

/// <summary>In bytes.</summary>
public sealed record DiskDetails(long Total, long Used, long Free);
