using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Backstay.Archive.Tests.Support;

/// <summary>Archives that no writer of ours would make: right in their crypto, hostile or broken inside.</summary>
internal sealed class HandMade
{
    private readonly List<byte> _tar = [];
    private readonly TarHeaderWriter _headers = new();
    private readonly ByteBuffer _checksums = new(4096);
    private readonly SectionSummary[] _counts =
        [.. Enum.GetValues<ArchiveSection>().Select(section => new SectionSummary(section, 0, 0, 0, 0, 0, 0))];
    private readonly byte[] _envelope = [0xc3, 1, 4]; // opened by the session key, so that it needs to hold nothing

    public SessionKey Key { get; } = SessionKey.Generate();

    public HandMade(params ArchiveSection[] sections)
    {
        ArchiveManifest manifest = Archives.Manifest with { EnvelopeSha256 = Convert.ToHexStringLower(SHA256.HashData(_envelope)) };
        if (sections.Length > 0)
            manifest = manifest with { Sections = sections };
        File("backstay/manifest.json", JsonSerializer.SerializeToUtf8Bytes(manifest, ArchiveJson.Default.ArchiveManifest));
    }

    public HandMade File(string name, byte[] content) => Entry(ArchiveEntryKind.File, name, content: content);

    public HandMade Entry(ArchiveEntryKind kind, string name, string link = "", byte[]? content = null, uint linkCount = 0, int mode = 0x1ff)
    {
        _tar.AddRange(_headers.Write(new TarHead
        {
            Kind = kind,
            Name = Encoding.UTF8.GetBytes(name),
            LinkTarget = Encoding.UTF8.GetBytes(link),
            StoredSize = content?.Length ?? 0,
            SparseSize = -1,
            LinkCount = linkCount,
            Permissions = mode,
            Uid = 0,
            Gid = 0,
            Modified = new FileTime(1_700_000_000, 0),
            DeviceMajor = 1,
            DeviceMinor = 3,
            Attributes = [],
        }).Span);
        Count(kind, name, content ?? []);
        return Raw(content ?? []).Raw(new byte[TarFormat.Padding(content?.Length ?? 0)]);
    }

    /// <summary>Right checksums and a right summary at its end: nothing is wrong with it but what was put in.</summary>
    public HandMade Whole()
    {
        File("backstay/SHA256SUMS", _checksums.Span.ToArray());
        var summary = new ArchiveSummary { Started = Archives.Started, Ended = Archives.Ended, Sections = _counts, WarningCount = 0, Warnings = [] };
        return File("backstay/summary.json", JsonSerializer.SerializeToUtf8Bytes(summary, ArchiveJson.Default.ArchiveSummary));
    }

    public HandMade Raw(byte[] bytes)
    {
        _tar.AddRange(bytes);
        return this;
    }

    private void Count(ArchiveEntryKind kind, string name, byte[] content)
    {
        if (kind == ArchiveEntryKind.File)
            ChecksumList.Format(SHA256.HashData(content), Encoding.UTF8.GetBytes(name), _checksums);
        if (ArchiveSections.Of(Encoding.UTF8.GetBytes(name)) is not { } section)
            return;
        SectionSummary count = _counts[(int)section];
        _counts[(int)section] = kind switch
        {
            ArchiveEntryKind.File => count with { Files = count.Files + 1, Bytes = count.Bytes + content.Length },
            ArchiveEntryKind.Directory => count with { Directories = count.Directories + 1 },
            ArchiveEntryKind.SymbolicLink or ArchiveEntryKind.HardLink => count with { Links = count.Links + 1 },
            _ => count with { Others = count.Others + 1 },
        };
    }

    /// <summary>Compresses and seals, with the end of the tar if asked.</summary>
    public async Task<byte[]> SealAsync(bool end = true)
    {
        if (end)
            Raw(new byte[1024]);
        using var output = new MemoryStream();
        var tarPipe = new BlockPipe(4, 256 * 1024);
        var compressedPipe = new BlockPipe(4, 128 * 1024);
        using var sealing = new SealingStage(output, Key, new ArchiveTally());
        using var compression = new CompressStage(level: 3, workers: 1);
        Task compress = compression.RunAsync(tarPipe, compressedPipe, default);
        Task seal = sealing.RunAsync(_envelope, compressedPipe, default);
        var writer = new BlockWriter(tarPipe);
        await writer.WriteAsync(_tar.ToArray(), default);
        writer.Complete();
        await compress;
        await seal;
        return output.ToArray();
    }

    public async Task<ArchiveException> ExtractAsync(string target, ExtractOptions? options = null)
    {
        byte[] archive = await SealAsync();
        return await Assert.ThrowsAsync<ArchiveException>(() => Archives.ExtractAsync(archive, target, options, Unlock.WithSessionKey(Key)));
    }
}
