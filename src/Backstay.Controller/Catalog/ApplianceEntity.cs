namespace Backstay.Controller.Catalog;

/// <summary>A machine that is backed up.</summary>
internal sealed class ApplianceEntity : IScoped
{
    public required Guid Id { get; init; }

    /// <summary>Unique, letter case ignored.</summary>
    public required string Name { get; set; }

    public string? Hostname { get; set; }

    public Guid? Site { get; set; }

    public string? SiteName { get; set; }

    public string? Notes { get; set; }

    public List<string> Tags { get; set; } = [];

    public ApplianceFunctions Functions { get; set; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; set; }

    /// <summary>SHA-256 of the agent's credential; null: never activated, or deactivated.</summary>
    public byte[]? CredentialHash { get; set; }

    /// <summary>When its agent was enrolled last; null where a release before this was known did it.</summary>
    public DateTimeOffset? Enrolled { get; set; }

    /// <summary>SHA-256 of the token in the last seed; null once it is used.</summary>
    public byte[]? SeedTokenHash { get; set; }

    public DateTimeOffset? SeedExpires { get; set; }

    /// <summary>
    /// A lease that the controller which holds the agent's event stream renews: the agent counts as online until then, whichever
    /// controller is asked.
    /// </summary>
    public DateTimeOffset? OnlineUntil { get; set; }

    /// <summary>
    /// The event stream whose lease that is: the last one that the agent opened, on whichever controller. Null where a release before this
    /// was known took it.
    /// </summary>
    public Guid? StreamId { get; set; }

    /// <summary>The agent process that is connected (<c>OpenSession.Instance</c>).</summary>
    public Guid? AgentInstance { get; set; }

    public DateTimeOffset? LastSeen { get; set; }

    public string? AgentVersion { get; set; }

    public double? Cpu { get; set; }

    public double? Memory { get; set; }

    public long? DiskTotal { get; set; }

    public long? DiskFree { get; set; }

    /// <summary>When a backup was last begun before its time because one was found damaged.</summary>
    public DateTimeOffset? DamageRunAsked { get; set; }

    public bool Activated => CredentialHash is not null;
}

/// <summary>What an appliance does; the order is the one in answers.</summary>
[Flags]
internal enum ApplianceFunctions
{
    None = 0,
    Controller = 1,
    Gateway = 2,
    LogServer = 4,
    LogForwarder = 8,
    Connector = 16,
    Portal = 32,
    MetricsAggregator = 64,
}
