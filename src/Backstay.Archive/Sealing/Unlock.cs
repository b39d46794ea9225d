using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace Backstay.Archive;

/// <summary>How to open an archive: one of three.</summary>
public abstract class Unlock
{
    private protected Unlock() { }

    /// <summary>A passphrase, matched against every passphrase of the envelope.</summary>
    public static Unlock WithPassphrase(string passphrase) => new PassphraseUnlock([passphrase]);

    /// <summary>Any of several passphrases. Each that is wrong costs a tenth of a second for every passphrase of the envelope.</summary>
    public static Unlock WithAnyPassphrase(IReadOnlyList<string> passphrases) => new PassphraseUnlock(passphrases);

    /// <summary>An exported OpenPGP secret key, armored or binary, with its passphrase if it has one.</summary>
    public static Unlock WithSecretKey(byte[] keyring, string? passphrase) => new SecretKeyUnlock(keyring, passphrase);

    /// <summary>Any of several, tried in this order.</summary>
    public static Unlock WithAny(IReadOnlyList<Unlock> unlocks) => new AnyUnlock(unlocks);

    /// <summary>The session key itself. Not disposed by the reader.</summary>
    public static Unlock WithSessionKey(SessionKey key) => new SessionKeyUnlock(key);

    /// <summary>Session keys that may be the right one; the sealed data tells. The caller disposes them.</summary>
    internal abstract IEnumerable<SessionKey> Candidates(EnvelopePackets envelope);
}

internal sealed class PassphraseUnlock(IReadOnlyList<string> passphrases) : Unlock
{
    internal override IEnumerable<SessionKey> Candidates(EnvelopePackets envelope)
    {
        foreach (string passphrase in passphrases)
        {
            foreach (EnvelopePacket packet in envelope.Packets)
            {
                if (packet.Tag == OpenPgpFormat.SymmetricKeyEncryptedSessionKeyTag
                    && PassphraseWrapping.TryUnwrap(packet.Body, passphrase) is { } key)
                    yield return key;
            }
        }
    }
}

internal sealed class AnyUnlock(IReadOnlyList<Unlock> unlocks) : Unlock
{
    internal override IEnumerable<SessionKey> Candidates(EnvelopePackets envelope) => unlocks.SelectMany(unlock => unlock.Candidates(envelope));
}

internal sealed class SessionKeyUnlock(SessionKey key) : Unlock
{
    internal override IEnumerable<SessionKey> Candidates(EnvelopePackets envelope) => [new SessionKey(key.Bytes)];
}

internal sealed class SecretKeyUnlock(byte[] keyring, string? passphrase) : Unlock
{
    internal override IEnumerable<SessionKey> Candidates(EnvelopePackets envelope)
    {
        PgpSecretKeyRingBundle keys = ReadKeys();
        foreach (EnvelopePacket packet in envelope.Packets)
        {
            if (packet.Tag != OpenPgpFormat.PublicKeyEncryptedSessionKeyTag || Parse(packet.Body) is not { } wrapped)
                continue;
            if (keys.GetSecretKey(wrapped.KeyId) is { } secret
                && RecipientWrapping.TryUnwrap(wrapped, Open(secret)) is { } key)
                yield return key;
        }
    }

    private PgpSecretKeyRingBundle ReadKeys()
    {
        try
        {
            using Stream decoder = PgpUtilities.GetDecoderStream(new MemoryStream(keyring));
            return new PgpSecretKeyRingBundle(decoder);
        }
        catch (Exception e) when (e is IOException or PgpException or ArgumentException)
        {
            throw new ArchiveException(
                ArchiveFault.UnusableKey, "This isn't an OpenPGP secret key; export one with: gpg --export-secret-keys NAME", e);
        }
    }

    private PgpPrivateKey Open(PgpSecretKey secret)
    {
        try
        {
            return secret.ExtractPrivateKeyUtf8((passphrase ?? "").ToCharArray())
                ?? throw new ArchiveException(ArchiveFault.UnusableKey, "The file has only a stub of the secret key; the key itself is on a card or elsewhere.");
        }
        catch (PgpException e)
        {
            throw new ArchiveException(ArchiveFault.WrongKey, "The passphrase of the secret key is wrong or missing.", e);
        }
    }

    private static PublicKeyEncSessionPacket? Parse(byte[] body)
    {
        try
        {
            byte[] packet = new byte[6 + body.Length];
            packet[0] = OpenPgpFormat.NewTag(OpenPgpFormat.PublicKeyEncryptedSessionKeyTag);
            int header = 1 + OpenPgpFormat.WriteLength(packet.AsSpan(1), body.Length);
            body.CopyTo(packet.AsSpan(header));
            using var input = new BcpgInputStream(new MemoryStream(packet, 0, header + body.Length));
            return input.ReadPacket() as PublicKeyEncSessionPacket;
        }
        catch (Exception e) when (e is IOException or ArgumentException or PgpException or IndexOutOfRangeException)
        {
            return null; // of another kind, or damaged: it opens nothing
        }
    }
}
