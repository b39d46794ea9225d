using System.Text.Json;
using Backstay.Cli.Tests.Running;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Tests.Commands;

public sealed class BackupRunCommandTests
{
    [Fact]
    public async Task Without_wait_the_backup_is_started_and_the_way_to_follow_it_is_told()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Running()];

        var run = await peer.RunAsync("backup", "run", "gw-01", "--logs", "--notify-url", "https://hook.example.com/x");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains($"backstay backup show gw-01 {Peer.BackupId} --wait", run.Error, StringComparison.Ordinal);
        var body = peer.Bodies[$"/admin/appliances/{Peer.ApplianceId}/backup"];
        Assert.True(body.GetProperty("logs").GetBoolean());
        Assert.False(body.GetProperty("audit").GetBoolean());
        Assert.Equal("https://hook.example.com/x", body.GetProperty("notifyUrl").GetString());
    }

    [Fact]
    public async Task With_wait_progress_goes_to_standard_error_and_only_the_result_to_standard_output()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Running()];
        await using var process = peer.Start("backup", "run", "gw-01", "--wait", "--output", "json");
        await process.UntilErrorHoldsAsync("gw-01: collecting 10 of 100 files");
        peer.Backups = [Wire.Success()];

        var run = await process.EndAsync();

        Assert.True(run.ExitCode == 0, run.ToString());
        var result = Assert.Single(JsonDocument.Parse(run.Output).RootElement.EnumerateArray());
        Assert.Equal("success", result.GetProperty("backup").GetProperty("result").GetString());
        Assert.Equal(Peer.BackupId, result.GetProperty("backupId").GetGuid());
    }

    [Fact]
    public async Task A_backup_with_warnings_is_exit_code_3_and_tells_the_first_of_them()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Success(warnings: 7)];

        var run = await peer.RunAsync("backup", "run", "gw-01", "--wait");

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("warning: gw-01: config: /etc/1 can't be read.", run.Error, StringComparison.Ordinal);
        Assert.Contains("/etc/5 ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("/etc/6 ", run.Error, StringComparison.Ordinal);
        Assert.Contains($"and 2 more: backstay backup show gw-01 {Peer.BackupId}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_is_shown_with_its_sections_and_all_the_warnings_that_the_controller_knows()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Success(warnings: 25)];

        var shown = await peer.RunAsync("backup", "show", "gw-01", $"{Peer.BackupId}");

        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("config: 100 files, 2.00 MB, 25 warnings", shown.Output, StringComparison.Ordinal);
        Assert.Contains("config: /etc/20 can't be read.", shown.Output, StringComparison.Ordinal);
        Assert.Contains("and 5 more: backstay/summary.json in the archive has more", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_backup_is_exit_code_1_and_tells_reason_and_output()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Failed(FailureReason.AgentLost)];

        var run = await peer.RunAsync("backup", "run", "gw-01", "--wait");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("failed (agent-lost): The agent was not heard of for 60 s.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_tells_that_the_backup_goes_on_and_how_to_stop_it()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Running()];
        await using var process = peer.Start("backup", "run", "gw-01", "--wait");
        await process.UntilErrorHoldsAsync("collecting");
        await process.InterruptAsync();

        var run = await process.EndAsync();

        Assert.Equal(130, run.ExitCode);
        Assert.Contains("goes on without this command", run.Error, StringComparison.Ordinal);
        Assert.Contains($"backstay backup cancel gw-01 {Peer.BackupId}", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(peer.Requests, request => request.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_is_told_in_the_controllers_words()
    {
        await using var peer = await Peer.StartAsync();
        peer.Appliances = [Wire.Appliance("gw-01", Peer.ApplianceId, ApplianceHealth.Busy)];
        peer.StartRefusal = (412, new ApiError(ErrorIds.ApplianceBusy, "gw-01 is already being backed up."));

        var run = await peer.RunAsync("backup", "run", "gw-01", "-o", "json");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("\"appliance-busy\"", run.Error, StringComparison.Ordinal);
        Assert.Contains("appliance-busy", JsonDocument.Parse(run.Output).RootElement[0].GetProperty("error").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_skips_what_is_offline_with_a_warning_and_what_was_never_activated_without_one()
    {
        await using var peer = await Peer.StartAsync();
        peer.Appliances =
        [
            Wire.Appliance("gw-01", Peer.ApplianceId),
            Wire.Appliance("away", Guid.NewGuid(), ApplianceHealth.Offline),
            Wire.Appliance("new", Guid.NewGuid(), ApplianceHealth.NotAvailable),
        ];

        var run = await peer.RunAsync("backup", "run", "--all", "--wait");

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("away is offline", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("new", run.Error, StringComparison.Ordinal);
        Assert.Single(peer.Requests, request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_download_follows_a_backup_that_succeeded()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();

        var run = await peer.RunAsync("backup", "run", "gw-01", "--download", folder.File("archives"), "-o", "json");

        Assert.True(run.ExitCode == 0, run.ToString());
        var file = JsonDocument.Parse(run.Output).RootElement[0].GetProperty("file").GetString()!;
        Assert.Equal(folder.File("archives/gw-01.gpg"), file);
        Assert.Equal(peer.Archive.Content, await File.ReadAllBytesAsync(file));
    }

    [Fact]
    public async Task A_person_sees_a_bar_that_moves()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Running()];

        await using var terminal = new PseudoTerminal($"{Programs.Cli} backup run gw-01 --wait", peer.Environment());
        await terminal.UntilShownAsync("10%");
        peer.Backups = [Wire.Running() with { Progress = new(Backstay.Protocol.Agent.BackupPhase.Collecting, 50, 100, 5000, 10_000) }];
        await terminal.UntilShownAsync("50%");
        peer.Backups = [Wire.Success()];

        Assert.Equal(0, await terminal.EndAsync());
        Assert.Contains("success", terminal.Screen, StringComparison.Ordinal);
        // Whole, however narrow the terminal: an id in two pieces can't be copied.
        Assert.Contains($"{Peer.BackupId}", terminal.Screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_controller_that_falters_while_one_waits_costs_a_pause_only()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Running()];
        await using var process = peer.Start("backup", "run", "gw-01", "--wait");
        await process.UntilErrorHoldsAsync("collecting");
        peer.Refusal = (503, new ApiError(ErrorIds.ServiceUnavailable, "Restarting."));
        await process.UntilErrorHoldsAsync("trying again");
        peer.Backups = [Wire.Success()];
        peer.Refusal = null;

        Assert.Equal(0, (await process.EndAsync()).ExitCode);
    }
}
