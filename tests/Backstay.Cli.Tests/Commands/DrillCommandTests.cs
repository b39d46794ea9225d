using System.Text.Json;
using Backstay.Cli.Tests.Running;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Tests.Commands;

public sealed class DrillCommandTests
{
    [Fact]
    public async Task Without_wait_the_drill_is_asked_for_and_the_way_to_its_result_is_told()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Success()];
        peer.Drill = Wire.Drill(DrillState.Waiting);

        var run = await peer.RunAsync("backup", "drill", "gw-01");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains($"backstay drill show {peer.Drill.Id}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_wait_what_its_machine_does_is_shown_and_a_drill_that_passed_is_a_success()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Success()];
        peer.Drill = Wire.Drill(DrillState.Running, "checking rows");
        await using var process = peer.Start("backup", "drill", "gw-01", "latest", "--wait", "--output", "json");
        await process.UntilErrorHoldsAsync("gw-01: checking rows");
        peer.Drill = Wire.Drill(DrillState.Passed);

        var run = await process.EndAsync();

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("passed", JsonDocument.Parse(run.Output).RootElement.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData(DrillState.Failed, 7, "The drill failed: Look here.")]
    [InlineData(DrillState.CouldNot, 1, "No drill machine was able to do it: Look here.")]
    [InlineData(DrillState.Cancelled, 1, "The drill did not end by itself: Look here.")]
    public async Task What_did_not_pass_says_why_and_only_a_failed_drill_speaks_of_the_archive(DrillState state, int exitCode, string why)
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Success()];
        peer.Drill = Wire.Drill(state, "Look here.");

        var run = await peer.RunAsync("backup", "drill", "gw-01", "--wait");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
        Assert.Contains("FAILED with exit code 3", run.Output, StringComparison.Ordinal);
        Assert.Contains("orders: 12 rows", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_was_not_able_to_is_not_waited_for()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Success()];
        peer.Drill = Wire.Drill(DrillState.Waiting, "There is no room.") with { NextTry = TimeProvider.System.GetUtcNow().AddHours(1) };

        var run = await peer.RunAsync("backup", "drill", "gw-01", "--wait");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("There is no room.", run.Error, StringComparison.Ordinal);
        Assert.Contains("It is tried again.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_ends_a_drill_that_runs()
    {
        await using var peer = await Peer.StartAsync();

        var run = await peer.RunAsync("drill", "cancel", peer.Drill.Id.ToString(), "--output", "json");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("cancelled", JsonDocument.Parse(run.Output).RootElement.GetProperty("state").GetString());
    }

    [Fact]
    public async Task The_list_names_appliance_machine_and_state()
    {
        await using var peer = await Peer.StartAsync();
        peer.Drill = Wire.Drill(DrillState.Failed, "rows differ");

        var run = await peer.RunAsync("drill", "list", "--state", "failed");

        Assert.True(run.ExitCode == 0, run.ToString());
        foreach (var shown in (string[])["gw-01", "drill-01", "failed", "rows differ"])
            Assert.Contains(shown, run.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await peer.RunAsync("drill", "list", "--state", "broken")).ExitCode);
    }

    [Fact]
    public async Task A_machine_is_enabled_for_the_appliances_that_are_named_and_never_for_none()
    {
        await using var peer = await Peer.StartAsync();

        var run = await peer.RunAsync("drill", "enable", "gw-01", "--all", "--every", "30");

        Assert.True(run.ExitCode == 0, run.ToString());
        var body = peer.Bodies[$"/admin/drill-machines/{Peer.ApplianceId}"];
        Assert.Equal(30, body.GetProperty("everyDays").GetInt32());
        Assert.True(body.GetProperty("appliances").GetProperty("all").GetBoolean());
        Assert.Equal(2, (await peer.RunAsync("drill", "enable", "gw-01")).ExitCode);
    }
}
