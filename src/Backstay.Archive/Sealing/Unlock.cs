namespace Backstay.Archive;

/// <summary>How to open an archive. Exactly one of three.</summary>
public abstract class Unlock
{
    private protected Unlock() { }

    /// <summary>A passphrase, matched against every passphrase of the envelope.</summary>
    public static Unlock WithPassphrase(string passphrase) => new PassphraseUnlock(passphrase);

    /// <summary>An exported OpenPGP secret key, armored or binary, with its passphrase if it has one.</summary>
    public static Unlock WithSecretKey(byte[] keyring, string? passphrase) => new SecretKeyUnlock(keyring, passphrase);

    /// <summary>The session key itself. Not disposed by the reader.</summary>
    public static Unlock WithSessionKey(SessionKey key) => new SessionKeyUnlock(key);
}

internal sealed class PassphraseUnlock(string passphrase) : Unlock
{
    public string Passphrase { get; } = passphrase;
}

internal sealed class SecretKeyUnlock(byte[] keyring, string? passphrase) : Unlock
{
    public byte[] Keyring { get; } = keyring;
    public string? Passphrase { get; } = passphrase;
}

internal sealed class SessionKeyUnlock(SessionKey key) : Unlock
{
    public SessionKey Key { get; } = key;
}
