namespace Backstay.Protocol.Admin;

/// <summary>A user of the <c>local</c> provider.</summary>
/// <param name="Id">Set by the controller when left out.</param>
/// <param name="Name">What the user signs in with; unique, letter case does not matter.</param>
/// <param name="Password">Write only: 12 to 256 characters. Required to create; a PUT without it keeps the old one.</param>
/// <param name="Roles">Ids of the administrative roles whose privileges the user has.</param>
/// <param name="Disabled">A disabled user can't sign in and its tokens are refused.</param>
public sealed record LocalUser(
    Guid? Id,
    string? Name,
    string? FirstName = null,
    string? LastName = null,
    string? Email = null,
    string? Password = null,
    IReadOnlyList<Guid>? Roles = null,
    bool Disabled = false,
    string? Notes = null,
    IReadOnlyList<string>? Tags = null,
    DateTimeOffset? Created = null,
    DateTimeOffset? Updated = null);

/// <summary>A named list of privileges.</summary>
public sealed record AdministrativeRole(
    Guid? Id,
    string? Name,
    string? Notes = null,
    IReadOnlyList<string>? Tags = null,
    IReadOnlyList<Privilege>? Privileges = null,
    DateTimeOffset? Created = null,
    DateTimeOffset? Updated = null);

/// <summary>One line of the append-only audit log.</summary>
/// <param name="Sequence">Grows by one; a gap means that a line was taken out from behind.</param>
/// <param name="Actor">The user's name, <c>agent:NAME</c> with the appliance's name, <c>anonymous</c> for a sign-in that was refused, or
/// <c>controller</c>.</param>
/// <param name="Action">Noun and verb: <c>backup.start</c>, <c>appliance.export</c>, <c>login.refused</c>…</param>
/// <param name="Outcome">The HTTP status of the answer, 0 where there was no request.</param>
public sealed record AuditEntry(
    long Sequence,
    DateTimeOffset Time,
    string Actor,
    string Action,
    string? Target,
    string? Detail,
    string? RemoteAddress,
    int Outcome);
