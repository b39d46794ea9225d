using System.Buffers.Binary;
using System.Globalization;

namespace Backstay.Archive;

/// <summary>What opens an archive.</summary>
/// <param name="PassphraseWrapIds">
/// For each passphrase that opens it the salt of its wrap, 16 upper-case hex digits: random, so it names this wrap of this archive and
/// tells nothing of the passphrase.
/// </param>
/// <param name="RecipientKeyIds">Ids of the encryption subkeys that open it, 16 upper-case hex digits each.</param>
/// <param name="Length">Length of the envelope in bytes.</param>
/// <param name="Sha256">SHA-256 of the envelope, lower-case hex; the manifest has the same.</param>
public sealed record EnvelopeInfo(
    IReadOnlyList<string> PassphraseWrapIds, IReadOnlyList<string> RecipientKeyIds, int Length, string Sha256)
{
    /// <summary>How many passphrases open it.</summary>
    public int Passphrases => PassphraseWrapIds.Count;
}

/// <summary>Reads the envelope of an archive without opening it.</summary>
public static class EnvelopeInspector
{
    /// <summary>So many bytes from the front of an archive are enough for everything here.</summary>
    public const int HeadLength = EnvelopePackets.MaxLength + 4096;

    private const int KeyIdOffset = 1; // version, then eight bytes of key id
    private const int KeyIdEnd = 9;

    /// <exception cref="ArchiveException">Not an archive, cut, or an envelope beyond 64 KiB.</exception>
    public static async Task<EnvelopeInfo> InspectAsync(Stream archive, CancellationToken cancellationToken)
        => InfoOf(await EnvelopePackets.ReadAsync(new PacketInput(archive), cancellationToken).ConfigureAwait(false));

    /// <summary>The same of an envelope that isn't in front of an archive yet, as <see cref="Envelope.Wrap"/> made it.</summary>
    public static async Task<EnvelopeInfo> InspectEnvelopeAsync(byte[] envelope, CancellationToken cancellationToken)
        => InfoOf(await EnvelopePackets.ReadAsync(new PacketInput(new MemoryStream(envelope)), cancellationToken, alone: true).ConfigureAwait(false));

    /// <summary>
    /// The wrap that a passphrase opens, by its id in <see cref="EnvelopeInfo.PassphraseWrapIds"/>; null when it opens none. The first bytes of
    /// the sealed data have to agree: a wrong passphrase passes once in 16 million. Takes about a tenth of a second for each wrap.
    /// </summary>
    /// <param name="archive">The archive, or its first <see cref="HeadLength"/> bytes.</param>
    /// <exception cref="ArchiveException">As <see cref="InspectAsync"/>.</exception>
    public static async Task<string?> FindWrapAsync(Stream archive, string passphrase, CancellationToken cancellationToken)
    {
        var input = new PacketInput(archive);
        EnvelopePackets envelope = await EnvelopePackets.ReadAsync(input, cancellationToken).ConfigureAwait(false);
        byte[] front = new byte[1 + OpenPgpFormat.PrefixSize]; // the version of the sealed packet, then what is encrypted
        if (await input.FillFromBodyAsync(front, cancellationToken).ConfigureAwait(false) != front.Length)
            throw new ArchiveException(ArchiveFault.Damaged, "The archive is damaged: it ends right behind its envelope.");
        foreach (EnvelopePacket packet in envelope.Packets.Where(IsPassphraseWrap))
        {
            using SessionKey? key = PassphraseWrapping.TryUnwrap(packet.Body, passphrase);
            if (key is not null && CfbDecryptor.IsKeyOf(key, front.AsSpan(1)))
                return WrapIdOf(packet);
        }
        return null;
    }

    private static EnvelopeInfo InfoOf(EnvelopePackets envelope) => new(
        [.. envelope.Packets.Where(IsPassphraseWrap).Select(WrapIdOf)],
        [.. envelope.Packets.Where(IsRecipientWrap).Select(KeyIdOf)],
        envelope.Length,
        envelope.Sha256);

    private static bool IsPassphraseWrap(EnvelopePacket packet) => packet.Tag == OpenPgpFormat.SymmetricKeyEncryptedSessionKeyTag;

    private static bool IsRecipientWrap(EnvelopePacket packet)
        => packet.Tag == OpenPgpFormat.PublicKeyEncryptedSessionKeyTag && packet.Body.Length >= KeyIdEnd;

    /// <summary>Empty for a wrap of another program that has no salt.</summary>
    private static string WrapIdOf(EnvelopePacket packet) => Convert.ToHexString(PassphraseWrapping.SaltOf(packet.Body));

    private static string KeyIdOf(EnvelopePacket packet)
        => BinaryPrimitives.ReadUInt64BigEndian(packet.Body.AsSpan(KeyIdOffset)).ToString("X16", CultureInfo.InvariantCulture);
}
