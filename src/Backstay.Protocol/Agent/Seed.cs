namespace Backstay.Protocol.Agent;

/// <summary>What an appliance needs to find its controller and to prove that it is the one that was meant.</summary>
/// <param name="Format">1.</param>
/// <param name="Controllers">Base URLs (<c>https://host:8443</c>), tried in order.</param>
/// <param name="Token">Works once, until <paramref name="Expires"/>.</param>
/// <param name="Pins">SHA-256 of the controllers' SubjectPublicKeyInfo, base64 (RFC 7469 section 2.4). At least one:
/// an agent talks to nobody else.</param>
public sealed record Seed(
    int Format,
    Guid ApplianceId,
    string ApplianceName,
    IReadOnlyList<string> Controllers,
    string Token,
    DateTimeOffset Expires,
    IReadOnlyList<string> Pins);

/// <summary>Trades the seed's token for a credential: <c>POST /agent/v1/enrol</c>.</summary>
public sealed record EnrolRequest(Guid ApplianceId, string Token, string Hostname, string AgentVersion);

/// <param name="Credential">256 random bits, base64url. The controller keeps only its hash.</param>
public sealed record EnrolResponse(Guid ApplianceId, string ApplianceName, string Credential);
