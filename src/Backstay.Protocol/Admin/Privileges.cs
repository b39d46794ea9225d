using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>What a privilege allows.</summary>
[JsonConverter(typeof(NamedEnumConverter<PrivilegeType>))]
public enum PrivilegeType
{
    All,
    View,
    Create,
    Edit,
    Delete,
    Export,
    Backup,
    CheckStatus,
}

/// <summary>What kind of thing a privilege allows it on.</summary>
[JsonConverter(typeof(NamedEnumConverter<PrivilegeTarget>))]
public enum PrivilegeTarget
{
    All,
    Appliance,
    GlobalSetting,
    AdministrativeRole,
    LocalUser,
    ServiceUser,
    AuditLog,

    /// <summary>Which appliances restore archives for practice, and whose. Beyond the API that clients know.</summary>
    DrillMachine,
}

/// <summary>One privilege of a role.</summary>
/// <param name="Scope">Which things; without it, all of them.</param>
public sealed record Privilege(
    [property: JsonRequired] PrivilegeType Type, [property: JsonRequired] PrivilegeTarget Target, PrivilegeScope? Scope = null);

/// <summary>Which things a privilege covers: all, or those with one of these ids or one of these tags.</summary>
public sealed record PrivilegeScope(bool All, IReadOnlyList<Guid>? Ids = null, IReadOnlyList<string>? Tags = null);
