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
        => WrapWith(key, passphrases, recipients, PassphraseWrapping.MostCount);

    /// <param name="codedCount">How much one try of a passphrase costs: <see cref="PassphraseWrapping.Wrap"/>.</param>
    internal static byte[] WrapWith(
        SessionKey key, IReadOnlyList<string> passphrases, IReadOnlyList<Recipient> recipients, byte codedCount)
    {
        if (passphrases.Count == 0 && recipients.Count == 0)
            throw new ArgumentException("Give at least one passphrase or recipient: nobody could open the archive.");
        if (passphrases.Any(string.IsNullOrEmpty))
            throw new ArgumentException("A passphrase is empty.", nameof(passphrases));
        using var envelope = new MemoryStream();
        foreach (Recipient recipient in recipients)
            envelope.Write(RecipientWrapping.Wrap(key, recipient.Key));
        Span<byte> length = stackalloc byte[5];
        foreach (string passphrase in passphrases)
        {
            byte[] body = PassphraseWrapping.Wrap(key, passphrase, codedCount);
            envelope.WriteByte(OpenPgpFormat.NewTag(OpenPgpFormat.SymmetricKeyEncryptedSessionKeyTag));
            envelope.Write(length[..OpenPgpFormat.WriteLength(length, body.Length)]);
            envelope.Write(body);
        }
        return envelope.ToArray();
    }
}
