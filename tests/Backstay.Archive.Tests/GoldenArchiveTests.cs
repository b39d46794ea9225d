using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests;

/// <summary>
/// Archives of released formats open for ever. <c>format-1.bks</c> was written once and is never made anew; its passphrase is
/// <see cref="Archives.Passphrase"/>.
/// </summary>
public sealed class GoldenArchiveTests
{
    private static readonly string Format1 = Path.Combine(AppContext.BaseDirectory, "Golden", "format-1.bks");

    [Fact]
    public async Task Format_1_is_read_as_it_was_written()
    {
        byte[] archive = await File.ReadAllBytesAsync(Format1);

        VerificationResult proven = await Archives.VerifyAsync(archive);
        List<ArchiveEntry> entries = await Archives.ListAsync(archive);

        Assert.Equal(1, proven.Manifest.Format);
        Assert.Equal(Archives.Manifest with { EnvelopeSha256 = proven.Manifest.EnvelopeSha256, Sections = proven.Manifest.Sections }, proven.Manifest);
        Assert.Equal(
            [
                "File backstay/manifest.json 380",
                "Directory config/golden 0",
                "Directory config/golden/folder 0",
                "File config/golden/text 6",
                "HardLink config/golden/hard 0 -> config/golden/text",
                "SymbolicLink config/golden/link 0 -> text",
                "NamedPipe config/golden/fifo 0",
                "File config/golden/latin1-\\xe9 0",
                "File config/golden/sparse 20000005",
                "File backstay/SHA256SUMS 435",
                "File backstay/summary.json 307",
            ],
            entries.Select(entry => $"{entry.Kind} {entry.Name} {entry.Size}" + (entry.LinkTarget is null ? "" : $" -> {entry.LinkTarget}")));
        ArchiveEntry text = entries.Single(entry => entry.Name == "config/golden/text");
        Assert.Equal((0x1a0, 1234u, 2345u), (text.Mode, text.Uid, text.Gid));
        Assert.Equal(new DateTimeOffset(2020, 2, 3, 4, 5, 6, TimeSpan.Zero).AddTicks(1_234_567), text.Modified);
    }

    [Fact]
    public async Task Format_1_is_extracted_as_it_was_written()
    {
        using var scratch = new Scratch();

        ExtractionResult result = await Archives.ExtractAsync(await File.ReadAllBytesAsync(Format1), scratch["out"]);

        Assert.Empty(result.Problems);
        string described = await Shell.RunAsync($"""
            cd {scratch["out"]}
            sha256sum --check --strict --quiet backstay/SHA256SUMS
            cd config/golden
            cat text; stat -c '%h %a %u:%g %y' text; getfattr --only-values -n user.note text; echo; readlink link
            """);
        Assert.Equal("hello\n2 640 1234:2345 2020-02-03 04:05:06.123456789 +0000\nkept\ntext\n", described);
    }
}
