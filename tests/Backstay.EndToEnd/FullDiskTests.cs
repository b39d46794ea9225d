using Backstay.Protocol.Admin;
using Backstay.TestServers;

namespace Backstay.EndToEnd;

/// <summary>The disk below the store fills up while agents send.</summary>
public sealed class FullDiskTests
{
    private const int Agents = 4;
    private const int MegabytesEach = 60;

    [Fact]
    public async Task A_disk_that_fills_up_during_four_uploads_costs_those_that_found_no_room_and_nothing_else()
    {
        using var disk = SmallDisk.Mount(150);
        await using var installation = await Installation.StartAsync(
            ("Storage__Folder", Path.Combine(disk.Folder, "store")), ("Storage__MinimumFreeSpace", $"{8 << 20}"));
        List<AgentUnderTest> agents = [];
        try
        {
            var little = Path.Combine(installation.Folder, "little");
            await Trees.MakeNoiseAsync(little, 20);
            await using var veteran = await installation.AddAgentAsync("veteran", little);
            var older = await installation.StartBackupAsync(veteran.Appliance);
            await installation.SuccessAsync(veteran, older);
            for (var i = 0; i < Agents; i++)
            {
                var source = Path.Combine(installation.Folder, $"source-{i}");
                await Trees.MakeNoiseAsync(source, MegabytesEach);
                agents.Add(await installation.AddAgentAsync($"box-{i}", source, rateLimit: "20MB/s"));
            }

            var first = await BackUpAllAsync(installation, agents);

            Assert.Contains(first, backup => backup.Result == BackupResult.Failure);
            foreach (var failed in first.Where(backup => backup.Result == BackupResult.Failure))
            {
                Assert.Equal(FailureReason.StoreFull, failed.Reason);
                Assert.Contains("more room", failed.Output, StringComparison.Ordinal);
            }

            foreach (var whole in first.Where(backup => backup.Result == BackupResult.Success))
                await Installation.OpenWithStockToolsAsync(await installation.DownloadAsync(whole.ApplianceId, whole.Id));
            var opened = await Installation.OpenWithStockToolsAsync(await installation.DownloadAsync(veteran.Appliance, older));
            Assert.Equal(await Trees.DescribeAsync(little), await Trees.DescribeAsync(opened + "/config" + little));
            Assert.Empty(Directory.GetFiles(Path.Combine(disk.Folder, "store/incoming")));

            disk.Resize(800);

            Assert.All(await BackUpAllAsync(installation, agents), backup => Assert.Equal(BackupResult.Success, backup.Result));
        }
        finally
        {
            foreach (var agent in agents)
                await agent.DisposeAsync();
        }
    }

    private static async Task<Backup[]> BackUpAllAsync(Installation installation, IEnumerable<AgentUnderTest> agents)
    {
        var started = await Task.WhenAll(agents.Select(async agent => (agent.Appliance, Backup: await installation.StartBackupAsync(agent.Appliance))));
        return await Task.WhenAll(started.Select(async one =>
        {
            await installation.EndAsync(one.Appliance, one.Backup);
            return await installation.BackupAsync(one.Appliance, one.Backup);
        }));
    }
}
