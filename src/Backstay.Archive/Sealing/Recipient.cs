using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace Backstay.Archive;

/// <summary>An OpenPGP public key that archives can be sealed for.</summary>
public sealed class Recipient
{
    private const string NoKey = "This isn't an OpenPGP public key; export one with: gpg --armor --export NAME";
    private const int EncryptionFlags = 0x04 | 0x08; // RFC 4880 section 5.2.3.21: communications, storage

    private Recipient(PgpPublicKey primary, PgpPublicKey key, DateTimeOffset? expires)
    {
        Key = key;
        Fingerprint = Convert.ToHexString(primary.GetFingerprint());
        KeyId = key.KeyId.ToString("X16", System.Globalization.CultureInfo.InvariantCulture);
        UserIds = [.. primary.GetUserIds()];
        Expires = expires;
    }

    /// <summary>Fingerprint of the primary key, upper-case hex.</summary>
    public string Fingerprint { get; }

    /// <summary>Id of the encryption subkey in use, 16 upper-case hex digits.</summary>
    public string KeyId { get; }

    public IReadOnlyList<string> UserIds { get; }

    /// <summary>When the encryption subkey or its primary key expires, whichever is first; null if never.</summary>
    public DateTimeOffset? Expires { get; }

    internal PgpPublicKey Key { get; }

    /// <summary>Reads a public key, armored or binary, and picks its newest valid encryption subkey (RSA, ECDH).</summary>
    /// <param name="publicKey">One OpenPGP certificate.</param>
    /// <param name="now">Time that expiry is judged at.</param>
    /// <exception cref="ArchiveException"><see cref="ArchiveFault.UnusableKey"/>.</exception>
    public static Recipient Parse(ReadOnlySpan<byte> publicKey, DateTimeOffset now)
    {
        PgpPublicKeyRing ring = Read(publicKey);
        PgpPublicKey primary = ring.GetPublicKey();
        if (primary.HasRevocation())
            throw Unusable("The OpenPGP key is revoked; give one that is in force.");
        PgpPublicKey[] candidates = [.. ring.GetPublicKeys().Where(key => IsForEncryption(primary, key))];
        if (candidates.Length == 0)
            throw Unusable("The OpenPGP key has no encryption subkey that Backstay can use (RSA, Curve25519, NIST curves).");
        PgpPublicKey? best = candidates
            .Where(key => Expiry(primary, key) is not { } expires || expires > now)
            .OrderBy(key => key.IsMasterKey).ThenByDescending(key => key.CreationTime).FirstOrDefault();
        return best is null
            ? throw Unusable($"The OpenPGP key expired on {candidates.Max(key => Expiry(primary, key)):u}; renew it and give it again.")
            : new Recipient(primary, best, Expiry(primary, best));
    }

    private static PgpPublicKeyRing Read(ReadOnlySpan<byte> publicKey)
    {
        PgpPublicKeyRing[] rings;
        try
        {
            using Stream decoder = PgpUtilities.GetDecoderStream(new MemoryStream(publicKey.ToArray()));
            rings = [.. new PgpPublicKeyRingBundle(decoder).GetKeyRings()];
        }
        catch (Exception e) when (e is IOException or PgpException or ArgumentException)
        {
            throw Unusable(NoKey, e);
        }
        return rings.Length switch
        {
            1 => rings[0],
            0 => throw Unusable(NoKey),
            _ => throw Unusable($"There are {rings.Length} OpenPGP public keys in it; give them one by one."),
        };
    }

    private static bool IsForEncryption(PgpPublicKey primary, PgpPublicKey key)
    {
        if (key.Algorithm is not (PublicKeyAlgorithmTag.RsaGeneral or PublicKeyAlgorithmTag.RsaEncrypt or PublicKeyAlgorithmTag.ECDH))
            return false;
        if (key.IsMasterKey)
            return HasEncryptionFlags(key.GetSignatures());
        return !key.HasRevocation() && HasEncryptionFlags(key.GetSignatures().Where(signature => Binds(signature, primary, key)));
    }

    private static bool Binds(PgpSignature signature, PgpPublicKey primary, PgpPublicKey key)
    {
        if (signature.SignatureType != PgpSignature.SubkeyBinding || signature.KeyId != primary.KeyId)
            return false;
        try
        {
            signature.InitVerify(primary);
            return signature.VerifyCertification(primary, key);
        }
        catch (PgpException)
        {
            return false; // made with an algorithm that nobody here knows: it proves nothing
        }
    }

    private static bool HasEncryptionFlags(IEnumerable<PgpSignature> signatures)
        => signatures.Any(signature => (signature.GetHashedSubPackets()?.GetKeyFlags() & EncryptionFlags) is > 0);

    private static DateTimeOffset? Expiry(PgpPublicKey primary, PgpPublicKey key)
    {
        DateTimeOffset? ofPrimary = End(primary), ofKey = End(key);
        return ofPrimary is null || ofKey < ofPrimary ? ofKey : ofPrimary;

        static DateTimeOffset? End(PgpPublicKey key) => key.GetValidSeconds() is > 0 and var seconds
            ? new DateTimeOffset(key.CreationTime.ToUniversalTime()).AddSeconds(seconds)
            : null;
    }

    private static ArchiveException Unusable(string message, Exception? inner = null)
        => new(ArchiveFault.UnusableKey, message, inner);
}
