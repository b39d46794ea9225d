namespace Backstay.Protocol.Admin;

/// <summary>The body of <c>/login</c> and <c>/authentication</c>; all four are required (422).</summary>
public sealed record LoginRequest(string? ProviderName, string? Username, string? Password, Guid? DeviceId);

/// <summary>A token and who it stands for.</summary>
public sealed record LoginResponse(string Token, DateTimeOffset Expires, SignedInUser User, string? MessageOfTheDay);

/// <summary>The signed-in user as clients know it.</summary>
public sealed record SignedInUser(
    string Name,
    bool NeedTwoFactorAuth,
    bool CanAccessAuditLogs,
    IReadOnlyList<Privilege> Privileges);

/// <summary>The answer of <c>/identity-providers/names</c>.</summary>
public sealed record IdentityProviderNames(IReadOnlyList<IdentityProviderName> Data);

/// <summary>One way to sign in; the built-in one is <c>local</c> of type <c>Credentials</c>.</summary>
public sealed record IdentityProviderName(string Name, string Type);

/// <summary>The answer of <c>/version</c>, plus the version of the software itself.</summary>
public sealed record VersionInfo(int PeerVersion, int LowestPeerVersionSupported, string Version);
