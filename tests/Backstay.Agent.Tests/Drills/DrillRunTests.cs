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

        var report = await RunAsync(Check("first", "echo out; echo err >&2; exit 3"), Check("second", "true"), Missing());

        Assert.Equal((DrillOutcome.Failed, "Restored, but 2 checks of 3 failed: first, missing."), (report.Outcome, report.Message));
        Assert.Equal([3, 0, null], report.Checks.Select(check => check.ExitCode));
        Assert.Equal(["err", "out"], report.Checks[0].Output.Split('\n').Order());
        Assert.Contains("could not be started", report.Checks[2].Output, StringComparison.Ordinal);

        static DrillCheckSettings Missing() => new("missing", ["/no/such/program"], TimeSpan.FromMinutes(1), [], [], []);
    }

    [Fact]
    public async Task A_check_that_takes_too_long_is_stopped_with_all_that_it_started()
    {
        _peer.Archive = await DrillPeer.SealAsync(_folder.Of("source"));
        var check = Check("slow", "echo begun; setsid sleep 1000 & sleep 1000") with { Timeout = TimeSpan.FromSeconds(5) };

        var report = await RunAsync(check);

        Assert.Equal(DrillOutcome.Failed, report.Outcome);
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

    private DrillSettings Settings(params DrillCheckSettings[] checks) => new(null, null, _folder.Of("passphrase"), null, null, checks);

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
