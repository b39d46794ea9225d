using System.Security.Cryptography;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Agreement;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace Backstay.Archive;

/// <summary>
/// A session key wrapped for a public key: version 3 Public-Key Encrypted Session Key packet, RFC 4880 section 5.1; RSA by
/// section 13.1, ECDH by RFC 6637 section 8. Key formats and arithmetic are BouncyCastle's.
/// </summary>
internal static class RecipientWrapping
{
    private const int PaddedSize = 40; // cipher, key and checksum, PKCS #5 padded to a multiple of 8

    public static byte[] Wrap(SessionKey key, PgpPublicKey recipient)
    {
        byte[] message = Message(key);
        byte[][] wrapped = recipient.Algorithm == PublicKeyAlgorithmTag.ECDH
            ? WrapEcdh(message, recipient)
            : [Mpi(Rsa(forEncryption: true, recipient.GetKey(), message))];
        CryptographicOperations.ZeroMemory(message);
        using var packet = new MemoryStream();
        using (var output = new BcpgOutputStream(packet, PacketFormat.Current))
            new PublicKeyEncSessionPacket(recipient.KeyId, recipient.Algorithm, wrapped).Encode(output);
        return packet.ToArray();
    }

    /// <summary>The session key, or null if this key doesn't open it.</summary>
    public static SessionKey? TryUnwrap(PublicKeyEncSessionPacket packet, PgpPrivateKey key)
    {
        try
        {
            byte[][] wrapped = packet.GetEncSessionKey();
            byte[] message = packet.Algorithm == PublicKeyAlgorithmTag.ECDH
                ? UnwrapEcdh(wrapped[0], key)
                : Rsa(forEncryption: false, key.Key, wrapped[0].AsSpan(2).ToArray());
            return Parse(message);
        }
        catch (Exception e) when (e is CryptoException or ArgumentException or IndexOutOfRangeException or InvalidOperationException
            or InvalidCastException or IOException or ArithmeticException)
        {
            return null; // altered, or meant for another key: both mean that this key doesn't open it
        }
    }

    private static byte[] Message(SessionKey key)
    {
        int sum = 0;
        foreach (byte b in key.Bytes)
            sum += b;
        return [OpenPgpFormat.Aes256, .. key.Bytes, (byte)(sum >> 8), (byte)sum];
    }

    private static SessionKey? Parse(ReadOnlySpan<byte> message)
    {
        if (message.Length != SessionKey.Length + 3 || message[0] != OpenPgpFormat.Aes256)
            return null;
        var key = new SessionKey(message[1..^2]);
        return message.SequenceEqual(Message(key)) ? key : null;
    }

    private static byte[] Rsa(bool forEncryption, AsymmetricKeyParameter key, byte[] input)
    {
        var engine = new Pkcs1Encoding(new RsaBlindedEngine());
        engine.Init(forEncryption, forEncryption ? new ParametersWithRandom(key, new SecureRandom()) : key);
        return engine.ProcessBlock(input, 0, input.Length);
    }

    private static byte[][] WrapEcdh(byte[] message, PgpPublicKey recipient)
    {
        (byte[] ephemeral, byte[] kek) = recipient.GetKey() switch
        {
            X25519PublicKeyParameters x => AgreeX25519(x, recipient),
            ECPublicKeyParameters p => AgreeNist(p, recipient),
            _ => throw new ArchiveException(ArchiveFault.UnusableKey, "The recipient's curve isn't supported: use Curve25519 or a NIST curve."),
        };
        byte[] padded = PadTo(message, PaddedSize);
        var engine = new Rfc3394WrapEngine(new AesEngine());
        engine.Init(true, new KeyParameter(kek));
        byte[] wrapped = engine.Wrap(padded, 0, padded.Length);
        CryptographicOperations.ZeroMemory(padded);
        CryptographicOperations.ZeroMemory(kek);
        return [Mpi(ephemeral), [(byte)wrapped.Length, .. wrapped]];
    }

    private static byte[] UnwrapEcdh(byte[] wrapped, PgpPrivateKey key)
    {
        int pointLength = (((wrapped[0] << 8) | wrapped[1]) + 7) / 8;
        byte[] point = wrapped.AsSpan(2, pointLength).ToArray();
        byte[] sealedKey = wrapped.AsSpan(3 + pointLength, wrapped[2 + pointLength]).ToArray();
        byte[] kek;
        if (key.Key is X25519PrivateKeyParameters x)
        {
            byte[] shared = new byte[X25519PrivateKeyParameters.SecretSize];
            x.GenerateSecret(new X25519PublicKeyParameters(point.AsSpan(1).ToArray()), shared, 0);
            kek = Rfc6637Utilities.CreateKey(key.PublicKeyPacket, shared);
        }
        else
        {
            var p = (ECPrivateKeyParameters)key.Key;
            var peer = new ECPublicKeyParameters(p.Parameters.Curve.DecodePoint(point), p.Parameters);
            kek = Rfc6637Utilities.CreateKey(key.PublicKeyPacket, Agree(p, peer));
        }
        var engine = new Rfc3394WrapEngine(new AesEngine());
        engine.Init(false, new KeyParameter(kek));
        byte[] padded = engine.Unwrap(sealedKey, 0, sealedKey.Length);
        return padded[..^padded[^1]];
    }

    private static (byte[] Ephemeral, byte[] Kek) AgreeX25519(X25519PublicKeyParameters peer, PgpPublicKey recipient)
    {
        var ephemeral = new X25519PrivateKeyParameters(new SecureRandom());
        byte[] shared = new byte[X25519PrivateKeyParameters.SecretSize];
        ephemeral.GenerateSecret(peer, shared, 0);
        byte[] kek = Rfc6637Utilities.CreateKey(recipient.PublicKeyPacket, shared);
        return ([0x40, .. ephemeral.GeneratePublicKey().GetEncoded()], kek); // 0x40: a native point, RFC 9580 section 11.2
    }

    private static (byte[] Ephemeral, byte[] Kek) AgreeNist(ECPublicKeyParameters peer, PgpPublicKey recipient)
    {
        var generator = new ECKeyPairGenerator();
        generator.Init(new ECKeyGenerationParameters(peer.Parameters, new SecureRandom()));
        AsymmetricCipherKeyPair pair = generator.GenerateKeyPair();
        byte[] shared = Agree((ECPrivateKeyParameters)pair.Private, peer);
        byte[] kek = Rfc6637Utilities.CreateKey(recipient.PublicKeyPacket, shared);
        return (((ECPublicKeyParameters)pair.Public).Q.GetEncoded(compressed: false), kek);
    }

    /// <summary>The x coordinate of the shared point, as long as the field.</summary>
    private static byte[] Agree(ECPrivateKeyParameters own, ECPublicKeyParameters peer)
    {
        var agreement = new ECDHBasicAgreement();
        agreement.Init(own);
        byte[] x = agreement.CalculateAgreement(peer).ToByteArrayUnsigned();
        byte[] shared = new byte[agreement.GetFieldSize()];
        x.CopyTo(shared, shared.Length - x.Length);
        return shared;
    }

    private static byte[] PadTo(byte[] message, int size)
    {
        byte[] padded = new byte[size];
        padded.AsSpan().Fill((byte)(size - message.Length));
        message.CopyTo(padded, 0);
        return padded;
    }

    /// <summary>A multiprecision integer: length in bits, big endian, no zeros in front (section 3.2).</summary>
    private static byte[] Mpi(ReadOnlySpan<byte> number)
    {
        number = number.TrimStart((byte)0);
        int bits = number.Length * 8 - System.Numerics.BitOperations.LeadingZeroCount((uint)number[0] << 24);
        return [(byte)(bits >> 8), (byte)bits, .. number];
    }
}
