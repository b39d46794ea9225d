using System.Net;
using System.Security.Cryptography;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Storage;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Backups.Uploads;

public sealed class CompleteTests
{
    private static readonly int PartSize = (int)PartPlan.Default.SizeOf(1);

    [Fact]
    public async Task Completing_again_is_answered_as_the_first_time()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);
        var ended = (await site.RowAsync(backup))!.Ended;
        using (var again = await agent.CompleteAsync(backup, 1, archive))
            Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        using (var other = await agent.CompleteAsync(backup, 1, RandomNumberGenerator.GetBytes(10)))
            Assert.Equal(ErrorIds.BackupEnded, (await BackupSite.ErrorAsync(other, HttpStatusCode.Conflict)).Id);
        using (var failed = await agent.FailAsync(backup, 1))
            Assert.Equal(ErrorIds.BackupEnded, (await BackupSite.ErrorAsync(failed, HttpStatusCode.Conflict)).Id);
        var row = (await site.RowAsync(backup))!;
        Assert.Equal((BackupState.Succeeded, ended), (row.State, row.Ended));
    }

    [Fact]
    public async Task Completing_many_times_at_once_ends_in_one_success_and_one_notification()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        for (var round = 0; round < 10; round++)
        {
            var backup = await site.StartBackupAsync(agent, new { notifyUrl = "http://192.0.2.1/hook" });
            var session = await agent.OpenAsync(backup);
            var archive = RandomNumberGenerator.GetBytes(5000);
            await agent.PutAllAsync(backup, session.Attempt, archive);
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => agent.CompleteAsync(backup, session.Attempt, archive)));
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
            Assert.Equal(1, await site.Host.CatalogAsync(catalog => catalog.Deliveries.CountAsync(d => d.BackupId == backup)));
            Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
        }
    }

    [Fact]
    public async Task Parts_that_have_gaps_or_do_not_add_up_are_no_archive()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        var session = await agent.OpenAsync(backup);
        var archive = RandomNumberGenerator.GetBytes((2 * PartSize) + 100);
        var parts = Agents.RawAgent.Split(archive);
        await agent.PutPartAsync(backup, 1, 1, parts[0].Bytes);
        await agent.PutPartAsync(backup, 1, 3, parts[2].Bytes);

        Assert.Contains("missing: 2.", await RefusedAsync(archive), StringComparison.Ordinal);
        await agent.PutPartAsync(backup, 1, 2, parts[1].Bytes);
        Assert.Contains("beyond", await RefusedAsync(archive, parts: 2), StringComparison.Ordinal);
        Assert.Contains("add up", await RefusedAsync(archive, size: archive.Length + 1), StringComparison.Ordinal);
        using var completed = await agent.CompleteAsync(backup, session.Attempt, archive);
        Assert.Equal(HttpStatusCode.NoContent, completed.StatusCode);

        async Task<string> RefusedAsync(byte[] bytes, int? parts = null, long? size = null)
        {
            using var response = await agent.CompleteAsync(backup, session.Attempt, bytes, parts, size);
            var error = await BackupSite.ErrorAsync(response, HttpStatusCode.Conflict);
            Assert.Equal(ErrorIds.PartsIncomplete, error.Id);
            return error.Message;
        }
    }

    [Fact]
    public async Task Only_the_last_part_may_be_shorter_than_planned()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        await agent.PutPartAsync(backup, 1, 1, new byte[100]);
        await agent.PutPartAsync(backup, 1, 2, new byte[100]);
        using var response = await agent.CompleteAsync(backup, 1, new byte[200], parts: 2);
        var error = await BackupSite.ErrorAsync(response, HttpStatusCode.Conflict);
        Assert.Equal(ErrorIds.PartsIncomplete, error.Id);
        Assert.Contains("Part 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sidecar_tells_all_that_the_row_would_need_and_no_secret()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync("sidecar-gw");
        var (backup, archive) = await site.MakeBackupAsync(agent);
        var store = site.Host.Services.GetRequiredService<IArchiveStore>();
        var sidecar = ArchiveSidecar.FromJson(await store.ReadSidecarAsync(new ArchiveKey(backup, 1), CancellationToken.None));
        var row = (await site.RowAsync(backup))!;
        Assert.Equal((2, backup, 1, agent.ApplianceId, "sidecar-gw"), (sidecar.Format, sidecar.BackupId, sidecar.Attempt, sidecar.ApplianceId, sidecar.ApplianceName));
        Assert.Equal((row.Created, row.Started, row.Ended!.Value), (sidecar.Created, sidecar.Started, sidecar.Completed));
        Assert.Equal((archive.Length, Convert.ToHexStringLower(SHA256.HashData(archive))), ((int)sidecar.Size, sidecar.Sha256));
        Assert.Equal((row.RequestedBy, "1.2.3", 3L), (sidecar.RequestedBy, sidecar.AgentVersion, sidecar.Summary.Files));
    }

    [Theory]
    [InlineData(nameof(IArchiveStore.FinishAsync), Moment.Before)]
    [InlineData(nameof(IArchiveStore.FinishAsync), Moment.After)]
    [InlineData(nameof(IArchiveStore.WriteSidecarAsync), Moment.Before)]
    [InlineData(nameof(IArchiveStore.WriteSidecarAsync), Moment.After)]
    public async Task A_fault_at_any_step_of_completing_is_no_end_and_completing_again_is_a_success(string call, Moment moment)
    {
        await using var site = await BackupSite.StartAsync(services: FaultyStore.Around);
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        var archive = RandomNumberGenerator.GetBytes(5000);
        await agent.PutAllAsync(backup, 1, archive);
        site.Host.Services.GetRequiredService<FaultPlan>().FailNext(call, moment);
        using (var first = await agent.CompleteAsync(backup, 1, archive))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, first.StatusCode);
            Assert.NotNull(first.Headers.RetryAfter);
        }

        Assert.Equal(BackupStatusWord.Processing, (await site.StatusAsync(agent, backup)).Status);
        using (var again = await agent.CompleteAsync(backup, 1, archive))
            Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
    }

    [Fact]
    public async Task A_crash_between_the_finished_object_and_the_commit_is_finished_by_completing_again_after_the_restart()
    {
        var folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
        try
        {
            Guid appliance, backup, instance;
            string credential;
            var archive = RandomNumberGenerator.GetBytes(PartSize + 5);
            await using (var site = await BackupSite.StartAsync(folder: folder))
            {
                var agent = await site.AddOnlineAsync();
                backup = await site.StartBackupAsync(agent);
                await agent.OpenAsync(backup);
                await agent.PutAllAsync(backup, 1, archive);

                // What a controller has done when it dies right before the commit.
                var parts = await site.Host.CatalogAsync(catalog => catalog.Parts
                    .Where(p => p.BackupId == backup)
                    .OrderBy(p => p.Number)
                    .Select(p => new StoredPart(p.Number, p.Length, p.StoreTag))
                    .ToListAsync());
                await site.Host.Services.GetRequiredService<IArchiveStore>().FinishAsync(new ArchiveKey(backup, 1), parts, CancellationToken.None);
                (appliance, instance, credential) = (agent.ApplianceId, agent.Instance, agent.Http.DefaultRequestHeaders.Authorization!.Parameter!);
            }

            await using (var site = await BackupSite.StartAsync(folder: folder))
            {
                var agent = site.Agent(appliance, credential);
                agent.Instance = instance;
                using var again = await agent.CompleteAsync(backup, 1, archive);
                Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
                Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_controller_that_restarts_in_the_middle_of_an_upload_costs_a_pause_and_not_the_backup()
    {
        var folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
        try
        {
            Guid appliance, backup, instance;
            string credential;
            var archive = RandomNumberGenerator.GetBytes((2 * PartSize) + 5);
            var parts = Agents.RawAgent.Split(archive);
            await using (var site = await BackupSite.StartAsync(folder: folder))
            {
                var agent = await site.AddOnlineAsync();
                backup = await site.StartBackupAsync(agent);
                await agent.OpenAsync(backup);
                await agent.PutPartAsync(backup, 1, 1, parts[0].Bytes);
                var torn = new PausingContent(parts[1].Bytes, 1_000_000);
                _ = agent.PutPartAsync(backup, 1, 2, parts[1].Bytes, content: torn).ContinueWith(t => t.Exception, TaskScheduler.Default);
                await torn.Paused;
                torn.Resume();
                (appliance, instance, credential) = (agent.ApplianceId, agent.Instance, agent.Http.DefaultRequestHeaders.Authorization!.Parameter!);
            }

            await using (var site = await BackupSite.StartAsync(folder: folder))
            {
                var agent = site.Agent(appliance, credential);
                agent.Instance = instance;
                await agent.ConnectAsync();
                Assert.Equal(backup.ToString(), await agent.NextEventAsync(AgentEvents.Backup));
                await agent.PutAllAsync(backup, 1, archive);
                using var completed = await agent.CompleteAsync(backup, 1, archive);
                Assert.Equal(HttpStatusCode.NoContent, completed.StatusCode);
                Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_end_and_its_notification_are_one_transaction()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var body = new { notifyUrl = "http://192.0.2.1/hook" };
        var failed = await site.StartBackupAsync(agent, body);
        var session = await agent.OpenAsync(failed);
        await agent.FailAsync(failed, session.Attempt);
        var done = await site.StartBackupAsync(agent, body);
        await agent.MakeAsync(done, RandomNumberGenerator.GetBytes(100));
        var bodies = await site.Host.CatalogAsync(catalog => catalog.Deliveries.AsNoTracking().ToDictionaryAsync(d => d.BackupId, d => d.Body));
        Assert.Contains("backup.failed", bodies[failed], StringComparison.Ordinal);
        Assert.Contains("backup.succeeded", bodies[done], StringComparison.Ordinal);
    }
}
