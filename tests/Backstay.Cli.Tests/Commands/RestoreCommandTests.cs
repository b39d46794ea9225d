using System.Text.Json;
using Backstay.Cli.Tests.Running;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Tests.Commands;

/// <summary>The program on real archives; the controller is played where it has to be in a state.</summary>
public sealed class RestoreCommandTests : IAsyncLifetime
{
    private const string Passphrase = "a long enough passphrase";

    private readonly TemporaryFolder _folder = new();
    private readonly string _source;
    private readonly string _archive;
    private readonly string _target;

    public RestoreCommandTests()
    {
        _source = _folder.File("source");
        _archive = _folder.File("made.gpg");
        _target = _folder.File("machine");
    }

    private string There => _target + _source;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Join(_source, "sub"));
        await File.WriteAllTextAsync(Path.Join(_source, "hosts"), "127.0.0.1 one\n");
        await File.WriteAllTextAsync(Path.Join(_source, "sub", "app.conf"), "port=1\npassword=hunter2\n");
        await AgentArchive.WriteAsync(_archive, Passphrase, _source, Peer.BackupId);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_file_is_restored_and_what_it_replaces_is_kept()
    {
        Directory.CreateDirectory(There);
        await File.WriteAllTextAsync(Path.Join(There, "hosts"), "mine");

        var restored = await RestoreAsync("-o", "json");

        Assert.True(restored.ExitCode == 0, restored.ToString());
        var result = JsonElement.Parse(restored.Output);
        Assert.Equal((1, 1), (result.GetProperty("filesReplaced").GetInt64(), result.GetProperty("filesCreated").GetInt64()));
        Assert.Equal("gw-01", result.GetProperty("archive").GetProperty("appliance").GetString());
        Assert.Equal("127.0.0.1 one\n", await File.ReadAllTextAsync(Path.Join(There, "hosts")));
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Join(result.GetProperty("aside").GetString()!, _source, "hosts")));

        var again = await RestoreAsync();
        Assert.Equal(0, again.ExitCode);
        Assert.StartsWith("Nothing to do", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_lists_what_would_change_and_changes_nothing()
    {
        var plan = await RestoreAsync("--dry-run", "-o", "json", "--glob", "*.conf");

        Assert.True(plan.ExitCode == 0, plan.ToString());
        var changes = JsonElement.Parse(plan.Output).EnumerateArray().ToList();
        Assert.Equal($"{_source}/sub/app.conf", changes[^1].GetProperty("path").GetString());
        Assert.All(changes, change => Assert.Equal("create", change.GetProperty("action").GetString()));
        Assert.All(changes.SkipLast(1), change => Assert.Equal("directory", change.GetProperty("kind").GetString()));
        Assert.False(Directory.Exists(_target));
    }

    [Fact]
    public async Task A_diff_shows_lines_and_no_passwords()
    {
        Directory.CreateDirectory(Path.Join(There, "sub"));
        await File.WriteAllTextAsync(Path.Join(There, "sub", "app.conf"), "port=2\npassword=hunter1\n");

        var diff = await RestoreAsync("--diff");

        Assert.True(diff.ExitCode == 0, diff.ToString());
        Assert.Contains("-port=2", diff.Output, StringComparison.Ordinal);
        Assert.Contains("+port=1", diff.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", diff.Output, StringComparison.Ordinal);
        Assert.Equal("port=2\npassword=hunter1\n", await File.ReadAllTextAsync(Path.Join(There, "sub", "app.conf")));
    }

    [Fact]
    public async Task The_machine_itself_is_restored_only_when_that_is_said()
    {
        var refused = await RunAsync("restore", "--file", _archive);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--yes", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hook_before_that_fails_stops_everything()
    {
        var stopped = await RestoreAsync("--before", "echo stopping; exit 3", "--after", $"touch {_folder.File("after")}");

        Assert.Equal(1, stopped.ExitCode);
        Assert.Contains("exit code 3", stopped.Error, StringComparison.Ordinal);
        Assert.Empty(stopped.Output);
        Assert.False(Directory.Exists(_target) || File.Exists(_folder.File("after")));
    }

    [Fact]
    public async Task Hooks_know_what_is_restored_and_no_passphrase()
    {
        var log = _folder.File("log");
        var restored = await RestoreAsync(
            "--before", $"test ! -e '{There}/hosts' && echo \"$BACKSTAY_RESTORE_APPLIANCE ${{BACKSTAY_PASSPHRASE-none}} $BACKSTAY_RESTORE_DUMPS\" >'{log}'",
            "--after", $"test -e \"$BACKSTAY_RESTORE_TARGET{_source}/hosts\" && echo after >>'{log}'");

        Assert.True(restored.ExitCode == 0, restored.ToString());
        Assert.Equal($"gw-01 none {_target}/var/lib/backstay-restore/dumps/{Peer.BackupId}\nafter\n", await File.ReadAllTextAsync(log));
    }

    [Fact]
    public async Task Without_anything_to_do_no_hook_is_run() =>
        Assert.Equal(0, (await RestoreAsync("--path", "/nowhere", "--before", "exit 1", "--after", "exit 1")).ExitCode);

    [Fact]
    public async Task A_hook_after_that_fails_is_a_failure_that_says_how_things_stand()
    {
        var failed = await RestoreAsync("--after", "exit 9");

        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("is in place", failed.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Join(There, "hosts")));
    }

    [Theory]
    [InlineData("--path", "a/../b")]
    [InlineData("--glob", "[a")]
    [InlineData("--retries", "x")]
    public async Task What_cannot_be_selected_is_exit_code_2(string option, string value) =>
        Assert.Equal(2, (await RestoreAsync(option, value)).ExitCode);

    [Fact]
    public async Task A_damaged_archive_is_exit_code_7_and_writes_nothing()
    {
        var bytes = await File.ReadAllBytesAsync(_archive);
        bytes[^10] ^= 1;
        await File.WriteAllBytesAsync(_archive, bytes);

        Assert.Equal(7, (await RestoreAsync()).ExitCode);
        Assert.False(Directory.Exists(_target));
    }

    [Fact]
    public async Task The_newest_verified_backup_is_downloaded_on_through_a_cut_and_restored()
    {
        await using var peer = await Peer.StartAsync();
        var newer = Guid.NewGuid();
        peer.Archive.Content = await File.ReadAllBytesAsync(_archive);
        peer.Archive.Cuts.Enqueue(500);
        peer.Backups = [Wire.Success() with { Id = newer, Verification = VerificationState.Pending }, Wire.Success()];

        var restored = await FromPeerAsync(peer, "restore", "gw-01", "--target", _target, "--cache", _folder.File("cache"));

        Assert.True(restored.ExitCode == 0, restored.ToString());
        Assert.Contains($"{newer}", restored.Error, StringComparison.Ordinal);
        Assert.Contains(peer.Requests, request => request.StartsWith($"GET /admin/appliances/{Peer.ApplianceId}/backup/{Peer.BackupId} ", StringComparison.Ordinal));
        Assert.Equal("127.0.0.1 one\n", await File.ReadAllTextAsync(Path.Join(There, "hosts")));
        Assert.Empty(Directory.EnumerateFiles(_folder.File("cache")));
    }

    [Fact]
    public async Task Without_a_verified_backup_the_newest_good_one_is_taken_and_a_dry_run_keeps_it()
    {
        await using var peer = await Peer.StartAsync();
        peer.Archive.Content = await File.ReadAllBytesAsync(_archive);
        peer.Backups =
        [
            Wire.Failed(FailureReason.AgentLost) with { Id = Guid.NewGuid() },
            Wire.Success() with { Id = Guid.NewGuid(), Verification = VerificationState.Damaged },
            Wire.Success() with { Verification = VerificationState.Pending },
        ];
        string[] restore = ["restore", "gw-01", "--target", _target, "--cache", _folder.File("cache")];

        var plan = await FromPeerAsync(peer, [.. restore, "--dry-run"]);
        Assert.True(plan.ExitCode == 0, plan.ToString());
        Assert.Contains("No backup of gw-01 is verified", plan.Error, StringComparison.Ordinal);
        peer.Archive.Content = []; // not asked for again
        var restored = await FromPeerAsync(peer, restore);

        Assert.True(restored.ExitCode == 0, restored.ToString());
        Assert.True(File.Exists(Path.Join(There, "hosts")));
    }

    [Fact]
    public async Task An_archive_that_is_not_the_backup_that_was_asked_for_is_exit_code_7_and_writes_nothing()
    {
        await using var peer = await Peer.StartAsync();
        var cache = Directory.CreateDirectory(_folder.File("cache")).FullName;
        var another = Guid.NewGuid();
        string[] restore = ["restore", "gw-01", "--target", _target, "--cache", cache];

        await AgentArchive.WriteAsync(Path.Join(cache, $"{Peer.BackupId}.gpg"), Passphrase, _source, another);
        var cached = await FromPeerAsync(peer, restore);
        var looked = await FromPeerAsync(peer, [.. restore, "--diff"]);
        File.Delete(Path.Join(cache, $"{Peer.BackupId}.gpg"));
        await AgentArchive.WriteAsync(_archive, Passphrase, _source, Peer.BackupId, applianceId: Guid.NewGuid(), name: "gw-02");
        peer.Archive.Content = await File.ReadAllBytesAsync(_archive);
        var stored = await FromPeerAsync(peer, restore);

        Assert.All([cached, looked, stored], result => Assert.True(result.ExitCode == 7, result.ToString()));
        Assert.Contains($"is backup {another} of gw-01", cached.Error, StringComparison.Ordinal);
        Assert.Contains($"not backup {Peer.BackupId} of gw-01", cached.Error, StringComparison.Ordinal);
        Assert.Contains("of gw-02", stored.Error, StringComparison.Ordinal);
        Assert.Empty(looked.Output);
        Assert.False(Directory.Exists(_target));
    }

    [Fact]
    public async Task A_file_says_whose_backup_it_is_and_of_when()
    {
        var restored = await RestoreAsync();

        Assert.Contains($"gw-01, begun 2026-01-31 12:00:00 UTC, {Peer.BackupId}", restored.Output, StringComparison.Ordinal);
        Assert.Contains($"gw-01, backed up 2026-01-31 12:00:00 UTC as {Peer.BackupId}: the archive is whole", restored.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_good_backup_it_is_exit_code_5()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Failed(FailureReason.AgentLost)];

        Assert.Equal(5, (await FromPeerAsync(peer, "restore", "gw-01", "--target", _target)).ExitCode);
        Assert.Equal(2, (await FromPeerAsync(peer, "restore", "--target", _target)).ExitCode);
    }

    private static Task<CliResult> FromPeerAsync(Peer peer, params string[] arguments)
    {
        var environment = peer.Environment();
        environment["BACKSTAY_PASSPHRASE"] = Passphrase;
        return CliProcess.RunAsync(arguments, environment);
    }

    private Task<CliResult> RestoreAsync(params string[] options) =>
        RunAsync(["restore", "--file", _archive, "--target", _target, .. options]);

    private static Task<CliResult> RunAsync(params string[] arguments) =>
        CliProcess.RunAsync(arguments, new Dictionary<string, string> { ["BACKSTAY_PASSPHRASE"] = Passphrase });
}
