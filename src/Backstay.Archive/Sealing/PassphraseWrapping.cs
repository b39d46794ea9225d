using System.Security.Cryptography;
using System.Text;

namespace Backstay.Archive;

/// <summary>
/// A session key wrapped with a passphrase: body of a version 4 Symmetric-Key Encrypted Session Key packet, RFC 4880
/// section 5.3, with S2K 3 of section 3.7.1.3. Needs nothing but the system's cryptography.
/// </summary>
internal static class PassphraseWrapping
{
    /// <summary>Coded count 255: 65,011,712 bytes are hashed for one try, the most that the format can say.</summary>
    public const byte MostCount = 0xff;

    private const int SaltSize = 8;
    private const int HeadSize = 5 + SaltSize; // version, cipher, S2K, hash, salt, count
    private const int BodySize = HeadSize + 1 + SessionKey.Length;

    /// <param name="key">What is wrapped.</param>
    /// <param name="passphrase">Not empty.</param>
    /// <param name="codedCount">How much is hashed for one try, as section 3.7.1.3 codes it.</param>
    public static byte[] Wrap(SessionKey key, string passphrase, byte codedCount)
    {
        byte[] body = new byte[BodySize];
        body[0] = 4;
        body[1] = OpenPgpFormat.Aes256;
        body[2] = OpenPgpFormat.IteratedSaltedS2K;
        body[3] = OpenPgpFormat.Sha256;
        RandomNumberGenerator.Fill(body.AsSpan(4, SaltSize));
        body[HeadSize - 1] = codedCount;

        byte[] plain = [OpenPgpFormat.Aes256, .. key.Bytes];
        using Aes aes = Aes.Create();
        aes.Key = Derive(passphrase, body.AsSpan(4, SaltSize), codedCount);
        Cfb(aes, plain, encrypt: true).CopyTo(body.AsSpan(HeadSize));
        CryptographicOperations.ZeroMemory(plain);
        return body;
    }

    /// <summary>The salt of a wrap; empty when it is of a form that no archive of ours has.</summary>
    public static ReadOnlySpan<byte> SaltOf(ReadOnlySpan<byte> body)
        => body.Length >= HeadSize && body[2] == OpenPgpFormat.IteratedSaltedS2K ? body.Slice(4, SaltSize) : default;

    /// <summary>
    /// The session key, if the passphrase may be the right one: a wrong one passes this once in 256 times, and is found by
    /// the sealed data's own check. Null also for packets with algorithms that no archive of ours uses.
    /// </summary>
    public static SessionKey? TryUnwrap(ReadOnlySpan<byte> body, string passphrase)
    {
        if (body.Length != BodySize || body[0] != 4 || body[1] != OpenPgpFormat.Aes256
            || body[2] != OpenPgpFormat.IteratedSaltedS2K || body[3] != OpenPgpFormat.Sha256)
            return null;
        using Aes aes = Aes.Create();
        aes.Key = Derive(passphrase, body.Slice(4, SaltSize), body[HeadSize - 1]);
        byte[] plain = Cfb(aes, body[HeadSize..], encrypt: false);
        try
        {
            return plain[0] == OpenPgpFormat.Aes256 ? new SessionKey(plain.AsSpan(1)) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>SHA-256 over salt and passphrase again and again, up to the count: 32 bytes, just an AES-256 key.</summary>
    private static byte[] Derive(string passphrase, ReadOnlySpan<byte> salt, byte codedCount)
    {
        byte[] unit = [.. salt, .. Encoding.UTF8.GetBytes(passphrase)];
        int count = Math.Max((16 + (codedCount & 15)) << ((codedCount >> 4) + 6), unit.Length);
        int repeats = Math.Max(1, 16 * 1024 / unit.Length); // hash many at once, not a few bytes a call
        byte[] many = new byte[unit.Length * repeats];
        for (int i = 0; i < repeats; i++)
            unit.CopyTo(many.AsSpan(i * unit.Length));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int left = count; left > 0; left -= Math.Min(left, many.Length))
            hash.AppendData(many, 0, Math.Min(left, many.Length));
        CryptographicOperations.ZeroMemory(many);
        CryptographicOperations.ZeroMemory(unit);
        return hash.GetHashAndReset();
    }

    /// <summary>CFB with a zero IV over bytes that don't fill the last block.</summary>
    private static byte[] Cfb(Aes aes, ReadOnlySpan<byte> input, bool encrypt)
    {
        int whole = (input.Length + OpenPgpFormat.AesBlock - 1) & -OpenPgpFormat.AesBlock;
        byte[] padded = new byte[whole];
        input.CopyTo(padded);
        byte[] iv = new byte[OpenPgpFormat.AesBlock];
        byte[] output = encrypt
            ? aes.EncryptCfb(padded, iv, PaddingMode.None, feedbackSizeInBits: 128)
            : aes.DecryptCfb(padded, iv, PaddingMode.None, feedbackSizeInBits: 128);
        return output[..input.Length];
    }
}
