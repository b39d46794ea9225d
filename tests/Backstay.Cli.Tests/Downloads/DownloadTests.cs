using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Backstay.Cli.Tests.Running;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Tests.Downloads;

public sealed class DownloadTests
{
    [Fact]
    public async Task An_archive_arrives_whole_under_the_name_that_the_controller_gives_it()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();

        var download = await peer.RunAsync("backup", "download", "gw-01", "--to", folder.Path, "-o", "json");

        Assert.True(download.ExitCode == 0, download.ToString());
        var result = JsonDocument.Parse(download.Output).RootElement;
        Assert.Equal(folder.File("gw-01.gpg"), result.GetProperty("file").GetString());
        Assert.Equal(Hex(peer.Archive.Content), result.GetProperty("sha256").GetString());
        Assert.Equal(peer.Archive.Content, await File.ReadAllBytesAsync(folder.File("gw-01.gpg")));
        Assert.Equal(["gw-01.gpg"], Names(folder));
    }

    [Fact]
    public async Task Cut_connections_are_resumed_at_the_byte_where_they_broke()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();
        peer.Archive.Cuts.Enqueue(300_000);
        peer.Archive.Cuts.Enqueue(0);
        peer.Archive.Cuts.Enqueue(200_000);

        var download = await peer.RunAsync("backup", "download", "gw-01", "--to", folder.File("out.gpg"));

        Assert.True(download.ExitCode == 0, download.ToString());
        Assert.Equal(peer.Archive.Content, await File.ReadAllBytesAsync(folder.File("out.gpg")));
        var ranges = RangesAskedFor(peer);
        Assert.Equal(4, ranges.Count);
        Assert.Equal(0, ranges[0]);
        Assert.True(ranges[1] > 0 && ranges[1] == ranges[2] && ranges[3] > ranges[2], string.Join(' ', ranges));
    }

    [Fact]
    public async Task A_later_run_goes_on_where_an_earlier_one_gave_up()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();
        peer.Archive.Cuts.Enqueue(400_000);
        peer.Archive.Cuts.Enqueue(0);

        var first = await peer.RunAsync("backup", "download", "gw-01", "--to", folder.File("out.gpg"), "--retries", "0");
        Assert.Equal(6, first.ExitCode);
        var part = Assert.Single(Names(folder));
        Assert.EndsWith(".part", part, StringComparison.Ordinal);
        var kept = new FileInfo(folder.File(part)).Length;
        Assert.True(kept > 0);

        var second = await peer.RunAsync("backup", "download", "gw-01", "--to", folder.File("out.gpg"));
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Equal(kept, RangesAskedFor(peer)[^1]);
        Assert.Equal(peer.Archive.Content, await File.ReadAllBytesAsync(folder.File("out.gpg")));
        Assert.Equal(["out.gpg"], Names(folder));
    }

    [Fact]
    public async Task A_piece_of_something_else_does_not_end_up_in_the_archive()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();
        peer.Archive.Cuts.Enqueue(400_000);
        peer.Archive.Cuts.Enqueue(0);
        await peer.RunAsync("backup", "download", "gw-01", "--to", folder.File("out.gpg"), "--retries", "0");
        peer.Archive.Content = PeerArchive.Bytes(900_000, seed: 7);
        peer.Archive.ETag = "\"two\"";
        // The client looks first, so that it asks with the new tag: bytes of before are found by the digest.
        var second = await peer.RunAsync("backup", "download", "gw-01", "--to", folder.File("out.gpg"));
        Assert.Equal(7, second.ExitCode);

        var third = await peer.RunAsync("backup", "download", "gw-01", "--to", folder.File("out.gpg"));
        Assert.True(third.ExitCode == 0, third.ToString());
        Assert.Equal(peer.Archive.Content, await File.ReadAllBytesAsync(folder.File("out.gpg")));
    }

    [Fact]
    public async Task A_wrong_digest_is_exit_code_7_and_the_bytes_are_put_aside()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();
        peer.Archive.Digest = SHA256.HashData("something else"u8);

        var download = await peer.RunAsync("backup", "download", "gw-01", "--to", folder.File("out.gpg"), "-o", "json");

        Assert.Equal(7, download.ExitCode);
        Assert.Contains("\"integrity\"", download.Error, StringComparison.Ordinal);
        Assert.Equal([$"out.gpg.{Peer.BackupId:N}.damaged"], Names(folder));
    }

    [Fact]
    public async Task An_archive_without_a_digest_is_not_called_good()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();
        peer.Archive.WithoutDigest = true;

        Assert.Equal(7, (await peer.RunAsync("backup", "download", "gw-01", "--to", folder.Path)).ExitCode);
        Assert.Empty(Names(folder));
    }

    [Fact]
    public async Task A_file_that_exists_is_replaced_only_by_force()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("out.gpg"), "precious");

        var refused = await peer.RunAsync("backup", "download", "gw-01", "--to", folder.File("out.gpg"));
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal("precious", await File.ReadAllTextAsync(folder.File("out.gpg")));

        Assert.Equal(0, (await peer.RunAsync("backup", "download", "gw-01", "--to", folder.File("out.gpg"), "--force")).ExitCode);
        Assert.Equal(peer.Archive.Content, await File.ReadAllBytesAsync(folder.File("out.gpg")));
    }

    [Fact]
    public async Task A_hostile_file_name_stays_in_the_folder()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();
        peer.Archive.FileName = "../../escaped.gpg";

        var download = await peer.RunAsync("backup", "download", "gw-01", "--to", folder.Path);

        Assert.True(download.ExitCode == 0, download.ToString());
        Assert.Equal(["escaped.gpg"], Names(folder));
    }

    [Fact]
    public async Task Without_any_successful_backup_it_is_exit_code_5()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Failed(FailureReason.StoreFull)];

        Assert.Equal(5, (await peer.RunAsync("backup", "download", "gw-01")).ExitCode);
    }

    private static List<long> RangesAskedFor(Peer peer) =>
    [
        .. peer.Requests
            .Where(request => request.StartsWith("GET ", StringComparison.Ordinal) && request.Contains("bytes=", StringComparison.Ordinal))
            .Select(request => request.Split("bytes=")[1].Split('-')[0])
            .Select(from => long.Parse(from, CultureInfo.InvariantCulture)),
    ];

    private static IEnumerable<string> Names(TemporaryFolder folder) => Directory.GetFiles(folder.Path).Select(file => Path.GetFileName(file)).Order();

    private static string Hex(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
