using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>One packet of an envelope, without its header.</summary>
internal readonly record struct EnvelopePacket(int Tag, byte[] Body);

/// <summary>The envelope at the front of an archive.</summary>
internal sealed record EnvelopePackets(IReadOnlyList<EnvelopePacket> Packets, string Sha256, int Length)
{
    public const int MaxLength = 64 * 1024;

    /// <summary>Reads up to the sealed packet, whose body is next then.</summary>
    /// <param name="alone">There is nothing but the envelope: it ends where the stream ends.</param>
    public static async Task<EnvelopePackets> ReadAsync(PacketInput input, CancellationToken cancellationToken, bool alone = false)
    {
        var packets = new List<EnvelopePacket>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            int first = await input.PeekAsync(cancellationToken).ConfigureAwait(false);
            if (input.Position == 0 && first == '-')
                throw new ArchiveException(ArchiveFault.NotAnArchive, "This is text (ASCII armor); turn it into bytes with: gpg --dearmor");
            bool isSealed = first is 0xc0 + OpenPgpFormat.SealedTag; // the only form of that header with partial bodies
            int length = (int)input.Position;
            if (alone && first < 0)
                return new EnvelopePackets(packets, Convert.ToHexStringLower(hash.GetHashAndReset()), length);
            input.Hash = isSealed ? null : hash;
            int tag = await input.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
            if (isSealed)
            {
                input.Hash = null;
                return new EnvelopePackets(packets, Convert.ToHexStringLower(hash.GetHashAndReset()), length);
            }
            if (tag is not (OpenPgpFormat.PublicKeyEncryptedSessionKeyTag or OpenPgpFormat.SymmetricKeyEncryptedSessionKeyTag))
                throw Foreign(tag, packets.Count);
            byte[] body = new byte[MaxLength - Math.Min(length, MaxLength)];
            int size = await input.FillFromBodyAsync(body, cancellationToken).ConfigureAwait(false);
            if (size == body.Length)
                throw new ArchiveException(ArchiveFault.TooLarge, $"The envelope is longer than {MaxLength} bytes: this isn't an archive of Backstay.");
            packets.Add(new EnvelopePacket(tag, body[..size]));
        }
    }

    private static ArchiveException Foreign(int tag, int packetsBefore) => tag switch
    {
        9 => new(ArchiveFault.UnsupportedFormat, "The message is encrypted without integrity protection; Backstay never writes that, and doesn't read it."),
        20 => new(ArchiveFault.UnsupportedFormat, "The message is sealed with AEAD, which archives of format 1 are not."),
        _ when packetsBefore > 0 => new(ArchiveFault.Damaged, $"The envelope has an OpenPGP packet of type {tag} that doesn't belong there: it is damaged."),
        _ => new(ArchiveFault.NotAnArchive, $"This isn't an archive: it begins with an OpenPGP packet of type {tag}."),
    };
}
