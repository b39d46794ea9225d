namespace Backstay.Archive;

/// <summary>An OpenPGP public key that archives can be sealed for.</summary>
public sealed class Recipient
{
    private Recipient() { }

    /// <summary>Fingerprint of the primary key, upper-case hex.</summary>
    public string Fingerprint { get; } = "";

    /// <summary>Id of the encryption subkey in use, 16 upper-case hex digits.</summary>
    public string KeyId { get; } = "";

    public IReadOnlyList<string> UserIds { get; } = [];

    /// <summary>When the encryption subkey or its primary key expires, whichever is first; null if never.</summary>
    public DateTimeOffset? Expires { get; }

    /// <summary>Reads a public key, armored or binary, and picks its newest valid encryption subkey (RSA, ECDH).</summary>
    /// <param name="publicKey">One OpenPGP certificate.</param>
    /// <param name="now">Time that expiry is judged at.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveFault.UnusableKey"/>.</exception>
    public static Recipient Parse(ReadOnlySpan<byte> publicKey, DateTimeOffset now) => throw new NotImplementedException();
}
