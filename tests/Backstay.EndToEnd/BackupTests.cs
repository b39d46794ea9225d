using System.Net;
using Backstay.Protocol.Admin;

namespace Backstay.EndToEnd;

public sealed class BackupTests
{
    [Fact]
    public async Task A_backup_opens_with_gpg_zstd_and_tar_and_equals_its_source()
    {
        await using var installation = await Installation.StartAsync();
        var source = Path.Combine(installation.Folder, "source");
        await Trees.MakeNastyAsync(source);
        await using var agent = await installation.AddAgentAsync("box", source);

        var backup = await installation.StartBackupAsync(agent.Appliance);
        await installation.SuccessAsync(agent, backup);

        var opened = await Installation.OpenWithStockToolsAsync(await installation.DownloadAsync(agent.Appliance, backup));
        Assert.Equal(await Trees.DescribeAsync(source), await Trees.DescribeAsync(opened + "/config" + source));
    }

    [Fact]
    public async Task A_cancelled_backup_fails_with_its_reason_and_the_next_one_works()
    {
        await using var installation = await Installation.StartAsync();
        var source = Path.Combine(installation.Folder, "source");
        await Trees.MakeNoiseAsync(source, 40);
        await using var agent = await installation.AddAgentAsync("box", source, rateLimit: "8MB/s");

        var backup = await installation.StartBackupAsync(agent.Appliance);
        await installation.UploadingAsync(agent.Appliance, backup);
        using (var cancelled = await installation.Http.DeleteAsync($"/admin/appliances/{agent.Appliance}/backup/{backup}"))
        {
            Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);
        }

        Assert.Equal(BackupResult.Failure, (await installation.EndAsync(agent.Appliance, backup)).Result);
        Assert.Equal(FailureReason.Cancelled, (await installation.BackupAsync(agent.Appliance, backup)).Reason);
        var next = await installation.StartBackupAsync(agent.Appliance);
        await installation.SuccessAsync(agent, next);
    }
}
