namespace Backstay.Archive;

/// <summary>The packets in front of the sealed data that carry the wrapped session key.</summary>
public static class Envelope
{
    /// <summary>
    /// Wraps a session key for any number of passphrases (SKESK v4, RFC 4880 section 5.3: iterated and salted S2K, SHA-256,
    /// AES-256, encrypted session key) and recipients (PKESK v3, section 5.1; ECDH by RFC 6637). Takes about a tenth of a
    /// second for each passphrase.
    /// </summary>
    /// <exception cref="ArgumentException">Neither a passphrase nor a recipient, or an empty passphrase.</exception>
    public static byte[] Wrap(SessionKey key, IReadOnlyList<string> passphrases, IReadOnlyList<Recipient> recipients)
        => throw new NotImplementedException();
}
