using Backstay.Protocol.Admin;
using Backstay.TestServers;

namespace Backstay.EndToEnd;

/// <summary>DESIGN section 1, promise 2: every backup reaches an end, with a reason, within a known time, whatever crashes.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task A_controller_that_is_killed_in_the_middle_of_an_upload_costs_a_pause_and_not_the_backup()
    {
        await using var installation = await Installation.StartAsync();
        var source = Path.Combine(installation.Folder, "source");
        await Trees.MakeNoiseAsync(source, 80);
        await using var agent = await installation.AddAgentAsync("box", source, rateLimit: "8MB/s");
        var backup = await installation.StartBackupAsync(agent.Appliance);
        await installation.UploadingAsync(agent.Appliance, backup);

        await installation.KillControllerAsync();
        await installation.StartControllerAsync();

        await installation.SuccessAsync(agent, backup);
        Assert.Equal(1, (await installation.BackupAsync(agent.Appliance, backup)).Attempt);
        await Installation.OpenWithStockToolsAsync(await installation.DownloadAsync(agent.Appliance, backup));
    }

    [Fact]
    public async Task An_agent_that_is_killed_fails_its_backup_within_the_lease_and_the_next_one_works()
    {
        await using var installation = await Installation.StartAsync(("Backups__Lease", "00:00:10"));
        var source = Path.Combine(installation.Folder, "source");
        await Trees.MakeNoiseAsync(source, 40);
        await using var agent = await installation.AddAgentAsync("box", source, rateLimit: "8MB/s");
        var backup = await installation.StartBackupAsync(agent.Appliance);
        await installation.UploadingAsync(agent.Appliance, backup);

        await agent.KillAsync();

        var end = await installation.EndAsync(agent.Appliance, backup, TimeSpan.FromSeconds(25));
        Assert.Equal(BackupResult.Failure, end.Result);
        Assert.Equal(FailureReason.AgentLost, (await installation.BackupAsync(agent.Appliance, backup)).Reason);
        Assert.NotEmpty(end.Output!);

        agent.Start();
        await agent.OnlineAsync();
        var next = await installation.StartBackupAsync(agent.Appliance);
        await installation.SuccessAsync(agent, next);
    }

    [Fact]
    public async Task An_agent_that_comes_back_as_a_new_process_ends_what_it_no_longer_knows()
    {
        await using var installation = await Installation.StartAsync();
        var source = Path.Combine(installation.Folder, "source");
        await Trees.MakeNoiseAsync(source, 40);
        await using var agent = await installation.AddAgentAsync("box", source, rateLimit: "8MB/s");
        var backup = await installation.StartBackupAsync(agent.Appliance);
        await installation.UploadingAsync(agent.Appliance, backup);

        await agent.KillAsync();
        agent.Start();

        Assert.Equal(BackupResult.Failure, (await installation.EndAsync(agent.Appliance, backup, TimeSpan.FromSeconds(60))).Result);
        Assert.Equal(FailureReason.AgentRestarted, (await installation.BackupAsync(agent.Appliance, backup)).Reason);
    }

    [Fact]
    public async Task Thirty_seconds_without_a_network_cost_a_pause_and_not_the_backup()
    {
        await using var installation = await Installation.StartAsync();
        await using var link = new Relay(installation.Port);
        var source = Path.Combine(installation.Folder, "source");
        await Trees.MakeNoiseAsync(source, 60);
        await using var agent = await installation.AddAgentAsync("box", source, link.Port, rateLimit: "8MB/s");
        var backup = await installation.StartBackupAsync(agent.Appliance);
        await installation.UploadingAsync(agent.Appliance, backup);

        link.Cut();
        await Task.Delay(TimeSpan.FromSeconds(30));
        link.Join();

        await installation.SuccessAsync(agent, backup);
        await Installation.OpenWithStockToolsAsync(await installation.DownloadAsync(agent.Appliance, backup));
    }
}
