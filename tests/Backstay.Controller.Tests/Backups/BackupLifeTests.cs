using System.Net;
using System.Security.Cryptography;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Tests.Backups;

/// <summary>A backup from the request to the deleted archive, as a client and an agent see it.</summary>
public sealed class BackupLifeTests
{
    [Fact]
    public async Task A_backup_goes_from_the_request_to_a_download_of_the_same_bytes()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync("Berlin gateway #1");

        using var started = await site.TryStartAsync(agent.ApplianceId, new { logs = true, audit = false });
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var backup = Guid.Parse((await agent.NextEventAsync(AgentEvents.Backup))!);
        Assert.Equal($"/admin/appliances/{agent.ApplianceId}/backup/{backup}/status", started.Headers.Location?.OriginalString);
        Assert.Equal(BackupStatusWord.Processing, (await site.StatusAsync(agent, backup)).Status);

        var session = await agent.OpenAsync(backup);
        Assert.Equal((1, true, false, 32), (session.Attempt, session.Logs, session.Audit, session.SessionKey.Length));
        Assert.NotEmpty(session.Envelope);

        var archive = RandomNumberGenerator.GetBytes((2 * 8 * 1024 * 1024) + 4711);
        await agent.PutAllAsync(backup, 1, archive);
        using (var renewed = await agent.RenewAsync(backup, 1, "Collecting /etc"))
            Assert.Equal(HttpStatusCode.NoContent, renewed.StatusCode);
        var processing = await site.StatusAsync(agent, backup);
        Assert.Equal((BackupStatusWord.Processing, "Collecting /etc"), (processing.Status, processing.Message));
        using (var completed = await agent.CompleteAsync(backup, 1, archive))
            Assert.Equal(HttpStatusCode.NoContent, completed.StatusCode);

        var done = await site.StatusAsync(agent, backup);
        Assert.Equal((BackupStatusWord.Done, BackupResult.Success), (done.Status, done.Result));
        Assert.Null(done.Output);
        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));

        using var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup));
        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        using var gone = await site.Admin.GetAsync($"{BackupSite.Path(agent, backup)}/status");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        await BackupSite.EventuallyAsync(async () => (await site.Host.StoredAsync()).Count == 0, "the store lets go of it");
    }
}
