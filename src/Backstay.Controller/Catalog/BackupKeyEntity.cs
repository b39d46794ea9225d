using Backstay.Protocol.Admin;

namespace Backstay.Controller.Catalog;

/// <summary>
/// Something that opens archives. The passphrase in force is the one whose protected bytes stand in the settings, too: so a release that
/// knows the settings alone goes on with the same one (docs/decisions/0110).
/// </summary>
internal sealed class BackupKeyEntity
{
    public required Guid Id { get; init; }

    /// <summary>Stored by number.</summary>
    public required BackupKeyKind Kind { get; init; }

    public required string Name { get; set; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Of a passphrase: itself, protected. Kept for as long as archives may need it.</summary>
    public byte[]? ProtectedPassphrase { get; init; }

    /// <summary>Of a public key: that of the primary key, upper-case hex. Unique.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Of a public key: the id of the encryption subkey in use.</summary>
    public string? SubkeyId { get; set; }

    /// <summary>Of a public key: the subkeys that were in use before it was renewed, oldest first. Archives of their days name them.</summary>
    public List<string>? FormerSubkeys { get; set; }

    /// <summary>Of a public key: the OpenPGP certificate as it was imported last.</summary>
    public byte[]? PublicKey { get; set; }

    public List<string> UserIds { get; set; } = [];

    public DateTimeOffset? Expires { get; set; }

    /// <summary>When its fingerprint was confirmed; of a passphrase, when it was set.</summary>
    public DateTimeOffset? Confirmed { get; set; }

    public string? ConfirmedBy { get; set; }

    /// <summary>Since when nothing is sealed to it any more.</summary>
    public DateTimeOffset? Retired { get; set; }

    /// <summary>What was told of its expiry. Set by compare-and-set, so that it is told once.</summary>
    public ExpiryTold Told { get; set; }

    public BackupKeyState StateAt(DateTimeOffset now) =>
        Retired is not null ? BackupKeyState.Retired
        : Confirmed is null ? BackupKeyState.Unconfirmed
        : Expires <= now ? BackupKeyState.Expired
        : BackupKeyState.Active;
}

/// <summary>Stored by number; goes up only, until the key is renewed.</summary>
internal enum ExpiryTold
{
    Nothing = 0,
    ExpiresSoon = 1,
    Expired = 2,
}
