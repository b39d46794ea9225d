using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// The AES-256 key an archive is sealed with: 32 bytes, one for each backup. Dispose zeroes it; <see cref="ToString"/> never
/// shows it.
/// </summary>
public sealed class SessionKey : IDisposable
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 32;

    private readonly byte[] _bytes;
    private bool _disposed;

    /// <param name="bytes">Exactly 32 bytes, copied.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    public SessionKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"A session key has {Length} bytes, not {bytes.Length}.", nameof(bytes));
        _bytes = GC.AllocateUninitializedArray<byte>(Length, pinned: true); // pinned: the collector leaves no copies behind
        bytes.CopyTo(_bytes);
    }

    /// <summary>The 32 bytes.</summary>
    /// <exception cref="ObjectDisposedException">The key was zeroed.</exception>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>A new key from the system's random generator.</summary>
    public static SessionKey Generate()
    {
        Span<byte> bytes = stackalloc byte[Length];
        RandomNumberGenerator.Fill(bytes);
        var key = new SessionKey(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }

    public override string ToString() => "SessionKey (32 bytes, not shown)";
}
