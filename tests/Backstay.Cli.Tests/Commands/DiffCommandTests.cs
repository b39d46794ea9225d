using System.Text.Json;
using Backstay.Cli.Tests.Running;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Tests.Commands;

/// <summary><c>archive diff</c> and <c>backup diff</c> on real archives.</summary>
public sealed class DiffCommandTests : IAsyncLifetime
{
    private const string Passphrase = "a long enough passphrase";

    private readonly TemporaryFolder _folder = new();
    private readonly string _source;
    private readonly string _older;
    private readonly string _newer;

    public DiffCommandTests()
    {
        _source = _folder.File("source");
        _older = _folder.File("older.gpg");
        _newer = _folder.File("newer.gpg");
    }

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_source);
        await WriteAsync("app.conf", "port=1\npassword=hunter1\n");
        await WriteAsync("gone", "12345");
        await WriteAsync("same", "same");
        await MakeAsync(_older, Passphrase);
        await WriteAsync("app.conf", "port=22\npassword=hunter2\n");
        await WriteAsync("new\u001b[31m", "1");
        File.Delete(Path.Join(_source, "gone"));
        File.SetUnixFileMode(Path.Join(_source, "same"), UnixFileMode.UserRead);
        await MakeAsync(_newer, Passphrase);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_changed_is_told_by_name_size_and_mode()
    {
        var diff = await RunAsync("archive", "diff", _older, _newer);

        Assert.True(diff.ExitCode == 0, diff.ToString());
        var root = $"config{_source}";
        Assert.Contains($"changed  {root}/app.conf  24 B -> 25 B\n", diff.Output, StringComparison.Ordinal);
        Assert.Contains($"removed  {root}/gone  5 B, mode ", diff.Output, StringComparison.Ordinal);
        Assert.Contains($"added    {root}/new\\x1b[31m  1 B, mode ", diff.Output, StringComparison.Ordinal);
        Assert.Contains($"changed  {root}/same  mode ", diff.Output, StringComparison.Ordinal);
        Assert.Contains(" -> 0400\n", diff.Output, StringComparison.Ordinal);
        Assert.Contains("1 added (1 B), 1 removed (5 B), 2 changed (25 B), ", diff.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("port", diff.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_is_shown_when_asked_for_and_no_passwords()
    {
        var diff = await RunAsync("archive", "diff", _older, _newer, "--content", "--glob", "*.conf", "-o", "json");

        Assert.True(diff.ExitCode == 0, diff.ToString());
        var change = JsonElement.Parse(diff.Output).EnumerateArray().Single();
        Assert.Equal("@@ line 1 @@\n-port=1\n-password=***\n+port=22\n+password=***\n", change.GetProperty("diff").GetString());
        Assert.Equal("changed", change.GetProperty("change").GetString());
        Assert.Equal(["content"], change.GetProperty("differences").EnumerateArray().Select(word => word.GetString()));
        Assert.Equal((24, 25), (change.GetProperty("before").GetProperty("size").GetInt64(), change.GetProperty("after").GetProperty("size").GetInt64()));
    }

    [Fact]
    public async Task The_exit_code_tells_of_differences_when_it_is_asked_to()
    {
        Assert.Equal(3, (await RunAsync("archive", "diff", _older, _newer, "--exit-code")).ExitCode);

        var same = await RunAsync("archive", "diff", _newer, _newer, "--exit-code");

        Assert.Equal(0, same.ExitCode);
        Assert.StartsWith("Nothing differs", same.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_older_archive_may_have_another_passphrase()
    {
        await MakeAsync(_older, "the passphrase of last year");
        var file = _folder.File("passphrase");
        await File.WriteAllTextAsync(file, "the passphrase of last year\n");

        Assert.Equal(0, (await RunAsync("archive", "diff", _older, _newer, "--older-passphrase-file", file)).ExitCode);

        var refused = await RunAsync("archive", "diff", _older, _newer);
        Assert.Equal(7, refused.ExitCode);
        Assert.Contains("older.gpg: ", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_two_newest_good_backups_are_downloaded_through_a_cut_and_compared()
    {
        await using var peer = await PeerAsync();
        peer.Archive.Cuts.Enqueue(500);

        var diff = await FromPeerAsync(peer, "backup", "diff", "gw-01");

        Assert.True(diff.ExitCode == 0, diff.ToString());
        Assert.Contains($"removed  config{_source}/gone", diff.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder.File("cache")));
    }

    [Fact]
    public async Task Two_backups_may_be_named_in_any_order()
    {
        await using var peer = await PeerAsync();
        var older = peer.Backups[^1].Id;

        var diff = await FromPeerAsync(peer, "backup", "diff", "gw-01", "latest", $"{older}", "--keep");

        Assert.Equal(2, (await FromPeerAsync(peer, "backup", "diff", "gw-01", "latest", "latest")).ExitCode);
        Assert.True(diff.ExitCode == 0, diff.ToString());
        Assert.Contains($"added    config{_source}/gone", diff.Output, StringComparison.Ordinal);
        Assert.Equal(2, Directory.EnumerateFiles(_folder.File("cache")).Count());
    }

    [Fact]
    public async Task An_archive_that_is_another_backup_is_exit_code_7()
    {
        await using var peer = await PeerAsync();
        peer.Archives.Clear();

        var diff = await FromPeerAsync(peer, "backup", "diff", "gw-01");

        Assert.True(diff.ExitCode == 7, diff.ToString());
        Assert.Contains($"is backup {Peer.BackupId} of gw-01", diff.Error, StringComparison.Ordinal);
        Assert.Empty(diff.Output);
    }

    [Fact]
    public async Task Without_a_second_good_backup_it_is_exit_code_5()
    {
        await using var peer = await PeerAsync();
        peer.Backups = [Wire.Success(), Wire.Failed(FailureReason.AgentLost) with { Id = Guid.NewGuid() }];

        Assert.Equal(5, (await FromPeerAsync(peer, "backup", "diff", "gw-01")).ExitCode);
    }

    /// <summary>Newest first: one that failed, a good one, one that is damaged, a good one.</summary>
    private async Task<Peer> PeerAsync()
    {
        var peer = await Peer.StartAsync();
        var older = Guid.NewGuid();
        await AgentArchive.WriteAsync(_newer, Passphrase, _source, Peer.BackupId);
        peer.Archive.Content = await File.ReadAllBytesAsync(_newer);
        await WriteAsync("gone", "12345");
        await AgentArchive.WriteAsync(_older, Passphrase, _source, older);
        peer.Archives[older] = new PeerArchive { Content = await File.ReadAllBytesAsync(_older) };
        peer.Backups =
        [
            Wire.Failed(FailureReason.AgentLost) with { Id = Guid.NewGuid() },
            Wire.Success(),
            Wire.Success() with { Id = Guid.NewGuid(), Verification = VerificationState.Damaged },
            Wire.Success() with { Id = older },
        ];
        return peer;
    }

    private Task<CliResult> FromPeerAsync(Peer peer, params string[] arguments)
    {
        var environment = peer.Environment();
        environment["BACKSTAY_PASSPHRASE"] = Passphrase;
        return CliProcess.RunAsync([.. arguments, "--cache", _folder.File("cache")], environment);
    }

    private Task WriteAsync(string name, string content) => File.WriteAllTextAsync(Path.Join(_source, name), content);

    private async Task MakeAsync(string archive, string passphrase)
    {
        var made = await RunWithAsync(passphrase, "archive", "create", "--to", archive, "--force", "--name", "gw-01", _source);
        Assert.True(made.ExitCode == 0, made.ToString());
    }

    private static Task<CliResult> RunAsync(params string[] arguments) => RunWithAsync(Passphrase, arguments);

    private static Task<CliResult> RunWithAsync(string passphrase, params string[] arguments) =>
        CliProcess.RunAsync(arguments, new Dictionary<string, string> { ["BACKSTAY_PASSPHRASE"] = passphrase });
}
