using System.Text.Json;
using Backstay.Cli.Tests.Running;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Tests.Commands;

public sealed class VerificationCommandTests
{
    [Fact]
    public async Task Without_wait_the_verification_is_asked_for_and_the_way_to_its_result_is_told()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Success()];

        var run = await peer.RunAsync("backup", "verify", "gw-01");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("backstay verification list gw-01", run.Error, StringComparison.Ordinal);
        var body = peer.Bodies[$"/admin/appliances/{Peer.ApplianceId}/backup/{Peer.BackupId}/verify"];
        Assert.Equal("digest", body.GetProperty("strength").GetString());
    }

    [Fact]
    public async Task With_wait_progress_is_shown_and_the_result_is_that_of_the_proof()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Success()];
        await using var process = peer.Start("backup", "verify", "gw-01", "latest", "--strength", "content", "--wait", "--output", "json");
        await process.UntilErrorHoldsAsync("gw-01: read ");
        peer.Verification = Wire.Verification(VerificationRunState.Passed);

        var run = await process.EndAsync();

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("passed", JsonDocument.Parse(run.Output).RootElement.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData(VerificationRunState.Failed, 7)]
    [InlineData(VerificationRunState.Impossible, 1)]
    public async Task What_did_not_pass_has_an_exit_code_of_its_own(VerificationRunState state, int exitCode)
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Success()];
        peer.Verification = Wire.Verification(state, "Look at the store.");

        var run = await peer.RunAsync("backup", "verify", "gw-01", "--wait");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains("Look at the store.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_shows_state_time_and_speed()
    {
        await using var peer = await Peer.StartAsync();
        peer.Verification = Wire.Verification(VerificationRunState.Failed, "Look at the store.");

        var run = await peer.RunAsync("verification", "list", "gw-01", "--strength", "content", "--state", "failed");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("failed", run.Output, StringComparison.Ordinal);
        Assert.Contains("/s", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await peer.RunAsync("verification", "list", "--state", "broken")).ExitCode);
    }

    [Fact]
    public async Task A_damaged_backup_is_shown_as_damaged()
    {
        await using var peer = await Peer.StartAsync();
        peer.Backups = [Wire.Success() with { Verification = VerificationState.Damaged }];
        Assert.Contains("damaged", (await peer.RunAsync("backup", "list")).Output, StringComparison.Ordinal);
    }
}
