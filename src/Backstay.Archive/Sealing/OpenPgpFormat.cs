using System.Buffers.Binary;

namespace Backstay.Archive;

/// <summary>Numbers of RFC 4880 that archives use, and the headers of packets in the new format (section 4.2.2).</summary>
internal static class OpenPgpFormat
{
    public const int PublicKeyEncryptedSessionKeyTag = 1;
    public const int SymmetricKeyEncryptedSessionKeyTag = 3;
    public const int MarkerTag = 10;
    public const int LiteralTag = 11;
    public const int SealedTag = 18;

    public const byte Aes256 = 9;
    public const byte Sha256 = 8;
    public const byte IteratedSaltedS2K = 3;

    public const int AesBlock = 16;

    /// <summary>A block of random bytes and its last two again (section 5.13).</summary>
    public const int PrefixSize = AesBlock + 2;

    /// <summary>Modification Detection Code packet: 0xD3 0x14 and a SHA-1.</summary>
    public const int MdcSize = 22;

    public static ReadOnlySpan<byte> MdcHeader => [0xd3, 0x14];

    /// <summary>Body of a literal packet before its data: binary, no file name, no date.</summary>
    public static ReadOnlySpan<byte> LiteralHead => [(byte)'b', 0, 0, 0, 0, 0];

    public static byte NewTag(int tag) => (byte)(0xc0 | tag);

    /// <summary>The one-octet header of a partial body of 2^<paramref name="power"/> bytes.</summary>
    public static byte PartialLength(int power) => (byte)(0xe0 | power);

    /// <summary>Writes a definite body length and returns its size, 1 to 5 bytes.</summary>
    public static int WriteLength(Span<byte> to, int length)
    {
        if (length < 192)
        {
            to[0] = (byte)length;
            return 1;
        }
        if (length < 8384)
        {
            to[0] = (byte)(((length - 192) >> 8) + 192);
            to[1] = (byte)(length - 192);
            return 2;
        }
        to[0] = 0xff;
        BinaryPrimitives.WriteInt32BigEndian(to[1..], length);
        return 5;
    }
}
