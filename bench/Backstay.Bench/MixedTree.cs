using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Backstay.Bench;

/// <summary>
/// A tree as on an appliance, the same bytes for the same arguments: by bytes a third of logs and configuration, a third of
/// structured binary data, a third that doesn't compress; by number mostly small files, with a few large ones.
/// </summary>
internal static class MixedTree
{
    private const int FilesInFolder = 120;

    private static readonly string[] Words =
    [
        "accepted", "address", "backup", "client", "closed", "configured", "connection", "daemon", "enabled", "error", "failed", "from",
        "gateway", "interface", "kernel", "listening", "peer", "policy", "port", "remote", "request", "session", "started", "user", "tunnel",
    ];

    public static void Create(string folder, int files, long bytes)
    {
        var chance = new Chance(1);
        double[] weights = [.. Enumerable.Range(0, files).Select(_ => Math.Pow(1 / (1 - chance.NextDouble() * 0.9999), 0.9))];
        double scale = bytes / weights.Sum();
        for (int i = 0; i < files; i++)
        {
            string path = Path.Combine(folder, $"d{i / FilesInFolder / 20:d3}", $"e{i / FilesInFolder:d4}");
            if (i % FilesInFolder == 0)
                Directory.CreateDirectory(path);
            byte[] content = new byte[(int)Math.Max(1, weights[i] * scale)];
            string extension = (i % 3) switch
            {
                0 => FillText(content, chance),
                1 => FillRecords(content, chance),
                _ => FillNoise(content, chance),
            };
            File.WriteAllBytes(Path.Combine(path, $"f{i:d6}{extension}"), content);
        }
    }

    private static string FillText(Span<byte> content, Chance chance)
    {
        var line = new StringBuilder();
        long time = 1_700_000_000 + chance.Next(10_000_000);
        while (!content.IsEmpty)
        {
            line.Clear().Append(CultureInfo.InvariantCulture, $"{time += chance.Next(30)} gw1 {Words[chance.Next(Words.Length)]}[{chance.Next(30_000)}]:");
            for (int words = 3 + chance.Next(12); words > 0; words--)
                line.Append(' ').Append(chance.Next(5) == 0 ? chance.Next(100_000).ToString(CultureInfo.InvariantCulture) : Words[chance.Next(Words.Length)]);
            byte[] bytes = Encoding.ASCII.GetBytes(line.Append('\n').ToString());
            int count = Math.Min(bytes.Length, content.Length);
            bytes.AsSpan(0, count).CopyTo(content);
            content = content[count..];
        }
        return ".log";
    }

    private static string FillRecords(Span<byte> content, Chance chance)
    {
        uint id = (uint)chance.Next(1_000_000);
        for (; content.Length >= 32; content = content[32..])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(content, id++);
            BinaryPrimitives.WriteInt32LittleEndian(content[4..], chance.Next(5000));
            BinaryPrimitives.WriteUInt64LittleEndian(content[16..], (ulong)chance.Next(1 << 20) << 12);
            content[24] = (byte)chance.Next(256);
        }
        return ".db";
    }

    private static string FillNoise(Span<byte> content, Chance chance)
    {
        Span<byte> seed = stackalloc byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(seed, chance.Next(int.MaxValue));
        using Aes aes = Aes.Create();
        aes.Key = seed.ToArray();
        byte[] counter = new byte[content.Length + 16 & ~15];
        for (int i = 0; i < counter.Length; i += 16)
            BinaryPrimitives.WriteInt32LittleEndian(counter.AsSpan(i), i);
        aes.EncryptEcb(counter, PaddingMode.None).AsSpan(0, content.Length).CopyTo(content);
        return ".bin";
    }

    /// <summary>xorshift64*: the same numbers on every machine and in every version.</summary>
    private sealed class Chance(ulong seed)
    {
        private ulong _state = seed * 0x9e3779b97f4a7c15;

        public int Next(int below) => (int)(NextDouble() * below);

        public double NextDouble()
        {
            _state ^= _state >> 12;
            _state ^= _state << 25;
            _state ^= _state >> 27;
            return (_state * 0x2545f4914f6cdd1d >> 11) * (1.0 / (1UL << 53));
        }
    }
}
