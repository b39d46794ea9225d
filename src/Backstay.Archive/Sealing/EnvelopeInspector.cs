using System.Buffers.Binary;
using System.Globalization;

namespace Backstay.Archive;

/// <summary>What opens an archive.</summary>
/// <param name="Passphrases">How many passphrases open it.</param>
/// <param name="RecipientKeyIds">Ids of the encryption subkeys that open it, 16 upper-case hex digits each.</param>
/// <param name="Length">Length of the envelope in bytes.</param>
/// <param name="Sha256">SHA-256 of the envelope, lower-case hex; the manifest has the same.</param>
public sealed record EnvelopeInfo(int Passphrases, IReadOnlyList<string> RecipientKeyIds, int Length, string Sha256);

/// <summary>Reads the envelope of an archive without opening it.</summary>
public static class EnvelopeInspector
{
    private const int KeyIdOffset = 1; // version, then eight bytes of key id
    private const int KeyIdEnd = 9;

    /// <exception cref="ArchiveException">Not an archive, cut, or an envelope beyond 64 KiB.</exception>
    public static async Task<EnvelopeInfo> InspectAsync(Stream archive, CancellationToken cancellationToken)
    {
        EnvelopePackets envelope = await EnvelopePackets.ReadAsync(new PacketInput(archive), cancellationToken).ConfigureAwait(false);
        var keyIds = new List<string>();
        foreach (EnvelopePacket packet in envelope.Packets)
        {
            if (packet.Tag == OpenPgpFormat.PublicKeyEncryptedSessionKeyTag && packet.Body.Length >= KeyIdEnd)
            {
                ulong id = BinaryPrimitives.ReadUInt64BigEndian(packet.Body.AsSpan(KeyIdOffset));
                keyIds.Add(id.ToString("X16", CultureInfo.InvariantCulture));
            }
        }
        int passphrases = envelope.Packets.Count(packet => packet.Tag == OpenPgpFormat.SymmetricKeyEncryptedSessionKeyTag);
        return new EnvelopeInfo(passphrases, keyIds, envelope.Length, envelope.Sha256);
    }
}
