using System.Diagnostics;
using System.Security.Cryptography;
using Backstay.Agent.Configuration;
using Backstay.Agent.Drills;
using Backstay.Archive;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Backstay.Agent.Tests.Drills;

public sealed class DrillRunTests : IAsyncLifetime
{
    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly TempFolder _folder = new();
    private readonly DrillPeer _peer = new();
    private TestController _controller = null!;

    public async ValueTask InitializeAsync()
    {
        _controller = await TestController.StartAsync();
        _controller.Before = _peer.ServeAsync;
        Directory.CreateDirectory(_folder.Of("source"));
        _folder.Write("source/settings", "answer=42\n");
        await File.WriteAllBytesAsync(_folder.Of("source/noise"), RandomNumberGenerator.GetBytes(500_000));
        _folder.Write("passphrase", DrillPeer.Passphrase + "\n");
        File.SetUnixFileMode(_folder.Of("passphrase"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public async ValueTask DisposeAsync()
    {
        await _controller.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_check_runs_in_what_was_restored_and_knows_what_it_is()
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));
        var report = await RunAsync(Check(
            "look",
            """
            test "$PWD" = "$BACKSTAY_DRILL_ROOT" && sha256sum --quiet -c backstay/SHA256SUMS && cat config$1/settings
            echo "$BACKSTAY_APPLIANCE_NAME $BACKSTAY_BACKUP_CREATED $BACKSTAY_SECTIONS"; stat -c %a "$BACKSTAY_DRILL_SCRATCH"; touch "$TMPDIR/mine"
            """,
            _folder.Of("source")));

        Assert.Equal((DrillOutcome.Passed, 2L, 500_010L), (report.Outcome, report.Files, report.Bytes));
        Assert.Equal("answer=42\ngateway-1 2026-01-31T12:00:00Z config state\n700", Assert.Single(report.Checks).Output);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task All_checks_run_and_one_that_fails_fails_the_drill_with_its_output()
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));

        var report = await RunAsync(Check("first", "echo out; echo err >&2; exit 3"), Check("second", "true"), Check("third", "exit 255"), Missing());

        Assert.Equal((DrillOutcome.Failed, "Restored, but 2 checks of 4 failed: first, third."), (report.Outcome, report.Message));
        Assert.Equal([3, 0, 255, null], report.Checks.Select(check => check.ExitCode));
        Assert.Equal([null, null, null, report.Checks[3].Output], report.Checks.Select(check => check.Obstacle));
        Assert.Equal(["err", "out"], report.Checks[0].Output.Split('\n').Order());
    }

    [Fact]
    public async Task A_program_that_can_not_be_started_says_nothing_about_the_backup()
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));

        var report = await RunAsync(Check("first", "true"), Missing());

        Assert.Equal(DrillOutcome.CouldNot, report.Outcome);
        Assert.StartsWith("Restored, but 1 check of 2 could not be done here. missing: /no/such/program could not be started", report.Message, StringComparison.Ordinal);
        Assert.Equal([true, false], report.Checks.Select(check => check.Passed));
        AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("exit 75", 75, "It says that it can't be done now (exit code 75).")]
    [InlineData("/etc/passwd", 126, "A program of it could not be executed (exit code 126).")]
    [InlineData("no-such-program-here", 127, "A program of it was not found (exit code 127).")]
    [InlineData("kill -KILL $$", 137, "It was killed by signal 9 (exit code 137).")]
    [InlineData("sh -c 'kill -SEGV $$'; exit $?", 139, "It was killed by signal 11 (exit code 139).")]
    public async Task A_check_that_this_machine_can_not_do_says_nothing_about_the_backup(string script, int exitCode, string obstacle)
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));

        var report = await RunAsync(Check("c", script));

        Assert.Equal((DrillOutcome.CouldNot, $"Restored, but 1 check of 1 could not be done here. c: {obstacle}"), (report.Outcome, report.Message));
        var check = Assert.Single(report.Checks);
        Assert.Equal((false, exitCode, obstacle), (check.Passed, check.ExitCode, check.Obstacle));
        Assert.EndsWith(obstacle, check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_that_takes_too_long_is_stopped_with_all_that_it_started()
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));
        var check = Check("slow", "echo begun; setsid sleep 1000 & sleep 1000") with { Timeout = TimeSpan.FromSeconds(5) };

        var report = await RunAsync(check);

        Assert.Equal(DrillOutcome.CouldNot, report.Outcome);
        var result = Assert.Single(report.Checks);
        Assert.Null(result.ExitCode);
        Assert.Equal(["begun", "It was not done after 5s and was stopped."], result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        AssertNothingIsLeft();
        Assert.DoesNotContain(_folder.Of("scratch"), await Shell("cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep BACKSTAY_DRILL_SCRATCH || true"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_that_lead_out_of_the_archive_lead_the_removal_nowhere()
    {
        Directory.CreateDirectory(_folder.Of("outside"));
        _folder.Write("outside/mine", "mine");
        File.CreateSymbolicLink(_folder.Of("source/out"), _folder.Of("outside"));
        Directory.CreateDirectory(_folder.Of("source/closed"));
        _folder.Write("source/closed/file", "x");
        File.SetUnixFileMode(_folder.Of("source/closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));
        File.SetUnixFileMode(_folder.Of("source/closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        var mode = File.GetUnixFileMode(_folder.Of("outside"));

        var report = await RunAsync(Check("look", "test -L config$1/out", _folder.Of("source")));

        Assert.Equal(DrillOutcome.Passed, report.Outcome);
        Assert.Equal("mine", await File.ReadAllTextAsync(_folder.Of("outside/mine")));
        Assert.Equal(mode, File.GetUnixFileMode(_folder.Of("outside")));
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_download_that_breaks_off_goes_on_where_it_was()
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));
        _peer.CutAfter = 200_000;

        var report = await RunAsync();

        Assert.Equal(DrillOutcome.Passed, report.Outcome);
        Assert.Null(_peer.CutAfter);
        Assert.NotEmpty(_peer.Doing);
    }

    [Fact]
    public async Task A_flipped_byte_a_lost_end_and_another_backup_are_failures()
    {
        var archive = await DrillPeer.SealAsync(_folder.Of("source"));
        var flipped = (byte[])archive.Clone();
        flipped[300_000] ^= 1;
        foreach (var bad in new[] { flipped, archive[..^1000], await DrillPeer.SealAsync(_folder.Of("source"), DrillPeer.Manifest with { BackupId = Guid.NewGuid() }) })
        {
            _peer.Archive = bad;
            var report = await RunAsync(Check("never", "true"));
            Assert.Equal((DrillOutcome.Failed, 0), (report.Outcome, report.Checks.Count));
            AssertNothingIsLeft();
        }
    }

    [Fact]
    public async Task A_wrong_key_an_open_key_file_and_too_little_room_are_no_failures()
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));
        var small = await RunAsync(Settings() with { SpaceLimit = 1_000 });
        Assert.Equal(DrillOutcome.CouldNot, small.Outcome);

        File.SetUnixFileMode(_folder.Of("passphrase"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var open = await RunAsync();
        Assert.Equal(DrillOutcome.CouldNot, open.Outcome);
        Assert.Contains("chmod 0600", open.Message, StringComparison.Ordinal);

        File.SetUnixFileMode(_folder.Of("passphrase"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _folder.Write("passphrase", "another\n");
        Assert.Equal(DrillOutcome.CouldNot, (await RunAsync()).Outcome);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task An_archive_from_before_a_rotation_is_opened_by_a_former_key()
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));
        _folder.Write("new", "the passphrase of today\n");
        _folder.Write("older", "the passphrase of long ago\n");
        foreach (var file in new[] { "new", "older" })
            File.SetUnixFileMode(_folder.Of(file), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        DrillKeySettings today = new(_folder.Of("new")), longAgo = new(_folder.Of("older")), then = new(_folder.Of("passphrase"));

        Assert.Equal(DrillOutcome.CouldNot, (await RunAsync(Settings() with { Keys = [today, longAgo] })).Outcome);
        Assert.Equal(DrillOutcome.Passed, (await RunAsync(Settings() with { Keys = [today, longAgo, then] })).Outcome);
    }

    [Fact]
    public async Task A_check_runs_as_another_user_who_has_what_was_restored()
    {
        Assert.True(Environment.IsPrivilegedProcess, "This test needs root, as runAs does.");
        File.SetUnixFileMode(_folder.Path, Passable);
        Directory.CreateDirectory(_folder.Of("scratch"), Passable);
        File.SetUnixFileMode(_folder.Of("source/settings"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _folder.Write("mine", "mine");
        File.CreateSymbolicLink(_folder.Of("source/out"), _folder.Of("mine"));
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));
        const string script =
            """
            id -un && cat "config$1/settings" && touch "$TMPDIR/mine" && mkdir -m 700 "$TMPDIR/closed" && touch "$TMPDIR/closed/file"
            ! ls "$BACKSTAY_DRILL_SCRATCH" 2>/dev/null && stat -c %U "$2"
            """;

        var report = await RunAsync(
            Check("other", script, _folder.Of("source"), _folder.Of("mine")) with { RunAs = "nobody" }, Check("own", "id -un; test -e \"$TMPDIR/mine\""));

        Assert.True(report.Outcome == DrillOutcome.Passed, report.Message);
        Assert.Equal(["nobody\nanswer=42\nroot", "root"], report.Checks.Select(check => check.Output));
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_user_who_is_not_there_or_can_not_enter_is_no_failure_of_the_backup()
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));
        File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var report = await RunAsync(Check("gone", "true") with { RunAs = "no-such-user" }, Check("shut", "true") with { RunAs = "nobody" });

        Assert.Equal(DrillOutcome.CouldNot, report.Outcome);
        Assert.StartsWith("What was restored can't be given to no-such-user", report.Checks[0].Obstacle, StringComparison.Ordinal);
        Assert.StartsWith("nobody can't enter ", report.Checks[1].Obstacle, StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_drill_that_another_machine_has_is_stopped_and_nothing_is_said_about_it()
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));
        _peer.Over = true;

        await StartAsync(Settings(Check("hangs", "sleep 1000")));

        Assert.Null(_peer.Report);
        AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(ArchiveFault.Damaged, DrillOutcome.Failed)]
    [InlineData(ArchiveFault.Truncated, DrillOutcome.Failed)]
    [InlineData(ArchiveFault.NotAnArchive, DrillOutcome.Failed)]
    [InlineData(ArchiveFault.HostilePath, DrillOutcome.Failed)]
    [InlineData(ArchiveFault.TooLarge, DrillOutcome.CouldNot)]
    [InlineData(ArchiveFault.Target, DrillOutcome.CouldNot)]
    [InlineData(ArchiveFault.WrongKey, DrillOutcome.CouldNot)]
    [InlineData(ArchiveFault.UnusableKey, DrillOutcome.CouldNot)]
    [InlineData(ArchiveFault.UnsupportedFormat, DrillOutcome.CouldNot)]
    public void Damage_and_hostility_are_results_and_what_this_machine_lacks_is_none(ArchiveFault fault, DrillOutcome outcome) =>
        Assert.Equal(outcome, DrillRun.OutcomeOf(fault));

    private Task<DrillReport> RunAsync(params DrillCheckSettings[] checks) => RunAsync(Settings(checks));

    private async Task<DrillReport> RunAsync(DrillSettings settings)
    {
        await StartAsync(settings);
        return _peer.Report!;
    }

    private async Task StartAsync(DrillSettings settings)
    {
        using var http = _controller.CreateClient();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var scratch = new ScratchFolder(_folder.Of("scratch"), TimeProvider.System, NullLogger.Instance);
        var run = new DrillRun(
            _controller.CreateAgentClient(http), settings, scratch, _peer.Assignment, TimeProvider.System, NullLogger.Instance);
        await run.RunAsync(patience.Token);
    }

    private DrillSettings Settings(params DrillCheckSettings[] checks) => new(null, null, [new(_folder.Of("passphrase"))], checks);

    private static DrillCheckSettings Missing() => new("missing", ["/no/such/program"], TimeSpan.FromMinutes(1), [], [], []);

    private static DrillCheckSettings Check(string name, string script, params string[] arguments) =>
        new(name, ["sh", "-c", script, "check", .. arguments], TimeSpan.FromMinutes(1), [], [], []);

    private void AssertNothingIsLeft() => Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Of("scratch")));

    private static async Task<string> Shell(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
