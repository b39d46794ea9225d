using System.Security.Cryptography;
using Backstay.Protocol.Agent;

namespace Backstay.Scale;

/// <summary>
/// The archive that every simulated agent sends: random bytes, the same 8 MiB over and over, hashed before the clock runs. So a
/// measurement is of the server, and of the connection, and of as little else as possible.
/// </summary>
internal sealed class Payload
{
    private readonly byte[] _block = RandomNumberGenerator.GetBytes((int)PartPlan.Default.SizeOf(1));
    private readonly byte[] _blockDigest;
    private readonly byte[] _lastDigest;

    /// <param name="size">Bytes, 1 to 8 GiB: as far as all parts are of one size.</param>
    public Payload(long size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, PartPlan.Default.OffsetOf(PartPlan.Default.Tiers[1].First));
        Size = size;
        Parts = (int)((size + _block.Length - 1) / _block.Length);
        _blockDigest = SHA256.HashData(_block);
        _lastDigest = SHA256.HashData(Part(Parts).Span);
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var number = 1; number <= Parts; number++)
            whole.AppendData(Part(number).Span);
        Sha256 = Convert.ToHexStringLower(whole.GetHashAndReset());
    }

    public long Size { get; }

    public int Parts { get; }

    /// <summary>Of the whole, lower-case hex.</summary>
    public string Sha256 { get; }

    /// <param name="number">1 to <see cref="Parts"/>.</param>
    public ReadOnlyMemory<byte> Part(int number) => _block.AsMemory(0, (int)Math.Min(_block.Length, Size - ((number - 1L) * _block.Length)));

    public ReadOnlyMemory<byte> DigestOf(int number) => number == Parts ? _lastDigest : _blockDigest;
}
