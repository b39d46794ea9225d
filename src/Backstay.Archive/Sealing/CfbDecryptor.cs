using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// AES-256-CFB decryption. The key stream of CFB is the encryption of the ciphertext before, all of which is known when
/// decrypting, so that the system's library may encrypt many blocks at once (ECB), several times as fast as its own CFB.
/// </summary>
internal sealed class CfbDecryptor : IDisposable
{
    private readonly Aes _aes = Aes.Create();
    private readonly byte[] _feedback;
    private readonly byte[] _stream;

    /// <param name="key">The session key.</param>
    /// <param name="maxLength">Most bytes in one call, a multiple of 16.</param>
    public CfbDecryptor(SessionKey key, int maxLength)
    {
        byte[] bytes = key.Bytes.ToArray();
        _aes.Key = bytes;
        CryptographicOperations.ZeroMemory(bytes);
        _feedback = new byte[OpenPgpFormat.AesBlock + maxLength]; // the block before (at first: the zero IV), the ciphertext
        _stream = new byte[maxLength];
    }

    /// <summary>
    /// Whether sealed data may be sealed with this key: the last two bytes of its random prefix repeat under it (RFC 4880 section 5.13), by
    /// chance once in 65,536.
    /// </summary>
    /// <param name="cipher">Its first <see cref="OpenPgpFormat.PrefixSize"/> bytes.</param>
    public static bool IsKeyOf(SessionKey key, ReadOnlySpan<byte> cipher)
    {
        Span<byte> prefix = stackalloc byte[OpenPgpFormat.PrefixSize];
        using var trial = new CfbDecryptor(key, 2 * OpenPgpFormat.AesBlock);
        trial.Decrypt(cipher, prefix);
        return prefix[14] == prefix[16] && prefix[15] == prefix[17];
    }

    /// <summary>Decrypts; only the last call may have a length that isn't a multiple of 16.</summary>
    public void Decrypt(ReadOnlySpan<byte> cipher, Span<byte> plain)
    {
        int whole = (cipher.Length + OpenPgpFormat.AesBlock - 1) & -OpenPgpFormat.AesBlock;
        cipher.CopyTo(_feedback.AsSpan(OpenPgpFormat.AesBlock));
        _aes.EncryptEcb(_feedback.AsSpan(0, whole), _stream, PaddingMode.None);
        Xor(cipher, _stream, plain);
        _feedback.AsSpan(whole, OpenPgpFormat.AesBlock).CopyTo(_feedback);
    }

    public void Dispose() => _aes.Dispose();

    private static void Xor(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> to)
    {
        int vectors = left.Length / Vector<byte>.Count;
        ReadOnlySpan<Vector<byte>> l = MemoryMarshal.Cast<byte, Vector<byte>>(left)[..vectors];
        ReadOnlySpan<Vector<byte>> r = MemoryMarshal.Cast<byte, Vector<byte>>(right)[..vectors];
        Span<Vector<byte>> t = MemoryMarshal.Cast<byte, Vector<byte>>(to)[..vectors];
        for (int i = 0; i < vectors; i++)
            t[i] = l[i] ^ r[i];
        for (int i = vectors * Vector<byte>.Count; i < left.Length; i++)
            to[i] = (byte)(left[i] ^ right[i]);
    }
}
