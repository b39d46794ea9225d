using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>What kind of thing opens archives.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<BackupKeyKind>))]
public enum BackupKeyKind
{
    Passphrase,

    /// <summary>An OpenPGP key, of which the controller has the public half only.</summary>
    Recipient,
}

/// <summary>Whether new archives are sealed to a key.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<BackupKeyState>))]
public enum BackupKeyState
{
    /// <summary>Not yet: nobody has confirmed its fingerprint.</summary>
    Unconfirmed,

    /// <summary>They are.</summary>
    Active,

    /// <summary>Not any more: it has expired. Import it again once it is renewed.</summary>
    Expired,

    /// <summary>Not any more: it was rotated out or removed. It still opens the archives that were sealed to it.</summary>
    Retired,
}

/// <summary>A key in <c>GET /backup-keys</c>: a passphrase, by its id, or a public key.</summary>
/// <param name="Fingerprint">Of a public key: that of the primary key, upper-case hex.</param>
/// <param name="SubkeyId">Of a public key: the encryption subkey in use, 16 upper-case hex digits. It stands in the envelope of archives.</param>
/// <param name="UserIds">Of a public key: whose it says it is.</param>
/// <param name="Expires">Of a public key; null if never.</param>
/// <param name="ExpiresSoon">Within the time that the controller warns for, 30 days unless it is configured otherwise.</param>
/// <param name="Confirmed">When somebody said that the fingerprint is the right one.</param>
/// <param name="Retired">Since when nothing is sealed to it any more.</param>
/// <param name="FormerSubkeyIds">Of a public key that was renewed with another subkey: those in use before, oldest first. Keep their secret halves.</param>
public sealed record BackupKey(
    Guid Id,
    BackupKeyKind Kind,
    string Name,
    BackupKeyState State,
    string? Fingerprint,
    string? SubkeyId,
    IReadOnlyList<string>? UserIds,
    DateTimeOffset? Expires,
    bool ExpiresSoon,
    DateTimeOffset Created,
    DateTimeOffset? Confirmed,
    string? ConfirmedBy,
    DateTimeOffset? Retired,
    IReadOnlyList<string>? FormerSubkeyIds = null);

/// <summary>The body of <c>POST /backup-keys</c>.</summary>
/// <param name="PublicKey">One OpenPGP certificate, ASCII-armored or in Base64.</param>
/// <param name="Name">What to call it; without it the first user id of the key.</param>
public sealed record BackupKeyImport(string? PublicKey, string? Name = null);

/// <summary>The body of <c>POST /backup-keys/{id}/confirm</c>.</summary>
/// <param name="Fingerprint">As its owner says it, in hex; blanks and letter case don't matter.</param>
public sealed record FingerprintConfirmation(string? Fingerprint);

/// <summary>The body of <c>POST /backup-keys/rotate-passphrase</c>.</summary>
/// <param name="Passphrase">12 to 1,024 characters. One that was in force before comes back under its old id.</param>
/// <param name="Name">What to call it; without it the day.</param>
public sealed record PassphraseRotation(string? Passphrase, string? Name = null);

/// <summary>The answer of <c>POST /backup-keys/{id}/reveal</c>.</summary>
public sealed record RevealedPassphrase(Guid Id, string Passphrase);

/// <summary>The body of <c>POST /backup-keys/which</c>.</summary>
/// <param name="Head">The first bytes of an archive in Base64: 68 KiB are always enough.</param>
public sealed record ArchiveHead(string? Head);

/// <summary>One of the keys that open an archive: recorded when it was sealed.</summary>
/// <param name="Id">The id of a passphrase, or the fingerprint of a public key.</param>
/// <param name="Wrap">What stands for it in the archive's envelope, 16 hex digits: the salt of a passphrase's wrap, or the id of a subkey.</param>
public sealed record OpeningKey(BackupKeyKind Kind, string Id, string Wrap);

/// <summary>A wrap in an archive's envelope, and what is known of the key that opens it.</summary>
/// <param name="Wrap">As in <see cref="OpeningKey"/>.</param>
/// <param name="Id">As in <see cref="OpeningKey"/>; null when the controller knows nothing of it.</param>
/// <param name="Name">Null when the key isn't in the controller's list.</param>
public sealed record KnownWrap(string Wrap, BackupKeyKind Kind, string? Id = null, string? Name = null, BackupKeyState? State = null);

/// <summary>The answer of <c>POST /backup-keys/which</c>: every wrap of the envelope, in its order.</summary>
public sealed record ArchiveKeys(IReadOnlyList<KnownWrap> Wraps);

/// <summary>The answer of <c>GET /backup-keys/recovery</c>: what belongs on a recovery sheet. No secret is in it.</summary>
/// <param name="Store">Where the archives lie, in words: a folder, or a bucket.</param>
/// <param name="Keys">All that the controller knows, those in force first.</param>
public sealed record RecoveryFacts(
    string CollectiveName, Guid CollectiveId, DateTimeOffset Written, string Store, IReadOnlyList<BackupKey> Keys);
