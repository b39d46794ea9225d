using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// The first stage of reading: finds the session key, decrypts, takes the literal packet apart and proves the MDC. Its last
/// word, the MDC, is checked before it completes its pipe: whoever reads that to the end has authentic bytes.
/// </summary>
/// <param name="isProven">The caller has digests of a proof before and compares with them: the MDC isn't computed a second time.</param>
internal sealed class OpeningStage(Stream archive, Unlock unlock, bool isProven) : IDisposable
{
    private const int Chunk = 64 * 1024;
    private const string DamagedMessage = "The archive is damaged: its bytes are not those that were written. Get it again from where it is stored.";

    private readonly PacketInput _input = new(archive);
    private readonly LiteralParser _literal = new();
    private long _position;

    /// <summary>Sealed bytes taken so far; from any thread.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>SHA-256 of the envelope, lower-case hex; null until it was read.</summary>
    public string? EnvelopeSha256 { get; private set; }

    /// <summary>The key that opened it; null until it was found.</summary>
    public SessionKey? Key { get; private set; }

    public void Dispose() => Key?.Dispose();

    public static ArchiveException Damaged(string? what = null) => new(ArchiveFault.Damaged, what is null ? DamagedMessage : $"The archive is damaged: {what}");

    public async Task RunAsync(BlockPipe output, CancellationToken cancellationToken)
    {
        EnvelopePackets envelope = await EnvelopePackets.ReadAsync(_input, cancellationToken).ConfigureAwait(false);
        EnvelopeSha256 = envelope.Sha256;
        byte[] cipher = new byte[Chunk];
        if (await _input.FillFromBodyAsync(cipher.AsMemory(0, 1), cancellationToken).ConfigureAwait(false) == 0)
            throw Damaged("the sealed packet is empty.");
        if (cipher[0] != 1)
            throw new ArchiveException(ArchiveFault.UnsupportedFormat, $"The sealed packet is of version {cipher[0]}; archives of format 1 have version 1.");
        int length = await _input.FillFromBodyAsync(cipher, cancellationToken).ConfigureAwait(false);
        using CfbDecryptor decryptor = FindKey(envelope, cipher.AsSpan(0, length));
        using var mdc = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        var writer = new BlockWriter(output);

        // the last bytes of the packet are the MDC; as long as the end isn't seen, that many are held back
        byte[] plain = new byte[OpenPgpFormat.MdcSize + Chunk];
        int held = 0;
        int skip = OpenPgpFormat.PrefixSize;
        while (length > 0)
        {
            decryptor.Decrypt(cipher.AsSpan(0, length), plain.AsSpan(held));
            int ready = Math.Max(held + length - OpenPgpFormat.MdcSize, 0);
            int total = held + length;
            if (!isProven)
                mdc.AppendData(plain, 0, ready);
            int skipped = Math.Min(skip, ready);
            skip -= skipped;
            await _literal.WriteAsync(plain.AsMemory(skipped, ready - skipped), writer, cancellationToken).ConfigureAwait(false);
            held = total - ready;
            plain.AsSpan(ready, held).CopyTo(plain);
            length = await _input.FillFromBodyAsync(cipher, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _position, _input.Position);
        }
        if (!isProven)
            CheckMdc(mdc, plain.AsSpan(0, held));
        if (!_literal.IsComplete)
            throw Damaged("the literal packet ends early.");
        if (await _input.PeekAsync(cancellationToken).ConfigureAwait(false) >= 0)
            throw Damaged("something follows its end.");
        writer.Complete();
    }

    private static void CheckMdc(IncrementalHash mdc, ReadOnlySpan<byte> packet)
    {
        if (packet.Length != OpenPgpFormat.MdcSize)
            throw Damaged("it has no modification detection code.");
        mdc.AppendData(packet[..OpenPgpFormat.MdcHeader.Length]);
        Span<byte> digest = stackalloc byte[20];
        mdc.GetHashAndReset(digest);
        if (!packet.StartsWith(OpenPgpFormat.MdcHeader)
            || !CryptographicOperations.FixedTimeEquals(digest, packet[OpenPgpFormat.MdcHeader.Length..]))
            throw Damaged();
    }

    /// <summary>The first candidate under which the two repeated bytes of the random prefix repeat (section 5.13).</summary>
    private CfbDecryptor FindKey(EnvelopePackets envelope, ReadOnlySpan<byte> cipher)
    {
        if (cipher.Length < OpenPgpFormat.PrefixSize)
            throw new ArchiveException(ArchiveFault.Damaged, "The sealed packet is too short to hold anything.");
        foreach (SessionKey key in unlock.Candidates(envelope))
        {
            if (CfbDecryptor.IsKeyOf(key, cipher[..OpenPgpFormat.PrefixSize]))
            {
                Key = key;
                return new CfbDecryptor(key, Chunk);
            }
            key.Dispose();
        }
        throw new ArchiveException(ArchiveFault.WrongKey, WrongKeyMessage(envelope));
    }

    private static string WrongKeyMessage(EnvelopePackets envelope)
    {
        int passphrases = envelope.Packets.Count(packet => packet.Tag == OpenPgpFormat.SymmetricKeyEncryptedSessionKeyTag);
        return $"This doesn't open the archive. It opens with {passphrases} passphrase(s) and {envelope.Packets.Count - passphrases} "
            + "public key(s); give one of those. (If it should be the right one, the first bytes of the archive are damaged.)";
    }
}
