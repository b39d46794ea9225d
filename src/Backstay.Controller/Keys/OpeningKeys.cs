using System.Text.Json;
using Backstay.Archive;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Keys;

/// <summary>What a backup's row and its sidecar say of the keys that open its archive.</summary>
internal static class OpeningKeys
{
    public static string ToJson(IReadOnlyList<OpeningKey> keys) => JsonSerializer.Serialize(keys, AdminJson.Default.IReadOnlyListOpeningKey);

    /// <param name="json">From the catalog; null where nothing was recorded.</param>
    public static IReadOnlyList<OpeningKey>? Parse(string? json) =>
        json is null ? null : JsonSerializer.Deserialize(json, AdminJson.Default.IReadOnlyListOpeningKey);

    /// <summary>Which of these is which wrap of the envelope that was made for them: they stand in it in their order.</summary>
    public static async Task<IReadOnlyList<OpeningKey>> OfAsync(SealingKeys keys, byte[] envelope, CancellationToken cancellationToken)
    {
        var info = await EnvelopeInspector.InspectEnvelopeAsync(envelope, cancellationToken);
        return
        [
            .. keys.Recipients.Zip(info.RecipientKeyIds, (key, wrap) => new OpeningKey(BackupKeyKind.Recipient, key.Fingerprint, wrap)),
            .. keys.Passphrases.Zip(info.PassphraseWrapIds, (key, wrap) => new OpeningKey(BackupKeyKind.Passphrase, key.Id.ToString(), wrap)),
        ];
    }
}

/// <summary>What a new archive is sealed to. Holds passphrases in clear: don't keep it.</summary>
internal sealed record SealingKeys(IReadOnlyList<SealingPassphrase> Passphrases, IReadOnlyList<Recipient> Recipients)
{
    public bool IsEmpty => Passphrases.Count + Recipients.Count == 0;
}

/// <summary>A passphrase in clear, and the id that it is known by.</summary>
internal sealed record SealingPassphrase(Guid Id, string Text)
{
    public override string ToString() => $"passphrase {Id}";
}
