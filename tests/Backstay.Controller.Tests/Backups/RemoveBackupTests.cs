using System.Net;
using System.Net.Http.Headers;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Storage;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Backups;

public sealed class RemoveBackupTests
{
    [Fact]
    public async Task A_deleted_archive_is_gone_for_good_and_the_others_stay()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (first, _) = await site.MakeBackupAsync(agent);
        var (second, archive) = await site.MakeBackupAsync(agent);
        using (var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, first)))
            Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        using (var again = await site.Admin.DeleteAsync(BackupSite.Path(agent, first)))
            await BackupSite.ErrorAsync(again, HttpStatusCode.NotFound);
        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, second)));
        await BackupSite.EventuallyAsync(async () => await site.RowAsync(first) is null, "the row is gone");
    }

    [Fact]
    public async Task A_failed_backup_can_be_deleted_too()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.FailBackupAsync(agent);
        using var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup));
        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        await BackupSite.EventuallyAsync(async () => await site.RowAsync(backup) is null, "the row is gone");
    }

    [Fact]
    public async Task A_backup_that_no_agent_has_begun_can_be_cancelled_and_the_next_one_started()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        using (var cancelled = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup)))
            Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);
        var status = await site.StatusAsync(agent, backup);
        Assert.Equal((BackupResult.Failure, "The backup was cancelled."), (status.Result, status.Message));
        await site.StartBackupAsync(agent);
    }

    [Fact]
    public async Task A_cancel_that_comes_after_the_end_removes_nothing()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);
        using var late = await site.SendAsync(
            HttpMethod.Delete, BackupSite.Path(agent, backup), headers: headers => headers.IfNoneMatch.Add(EntityTagHeaderValue.Any));
        Assert.Equal(ErrorIds.BackupEnded, (await BackupSite.ErrorAsync(late, HttpStatusCode.PreconditionFailed)).Id);
        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
    }

    [Fact]
    public async Task If_Match_deletes_exactly_the_archive_that_was_downloaded()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        using var downloaded = await site.Admin.GetAsync(BackupSite.Path(agent, backup));
        using var deleted = await site.SendAsync(
            HttpMethod.Delete, BackupSite.Path(agent, backup), headers: headers => headers.IfMatch.Add(downloaded.Headers.ETag!));
        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
    }

    [Fact]
    public async Task Nobody_who_ends_or_deletes_a_backup_waits_for_a_store_that_hangs()
    {
        await using var site = await BackupSite.StartAsync(services: FaultyStore.Around, settings: new() { ["Backups:SweepInterval"] = "00:00:00.1" });
        var agent = await site.AddOnlineAsync();
        var (kept, _) = await site.MakeBackupAsync(agent);
        var plan = site.Host.Services.GetRequiredService<FaultPlan>();
        plan.Hang(nameof(IArchiveStore.AbortAsync), nameof(IArchiveStore.DeleteAsync));
        using (var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, kept)).WaitAsync(TimeSpan.FromSeconds(60)))
            Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        var failed = await site.FailBackupAsync(agent).WaitAsync(TimeSpan.FromSeconds(60));
        var cancelled = await site.StartBackupAsync(agent);
        await agent.OpenAsync(cancelled);
        using (var cancel = await site.Admin.DeleteAsync(BackupSite.Path(agent, cancelled)).WaitAsync(TimeSpan.FromSeconds(60)))
            Assert.Equal(HttpStatusCode.Accepted, cancel.StatusCode);
        Assert.Equal(FailureReason.Cancelled, (await site.RowAsync(cancelled))!.Reason);
        Assert.NotNull((await site.RowAsync(kept))!.Deleted);

        plan.Hang();
        await BackupSite.EventuallyAsync(
            async () => (await site.Host.StoredAsync()).Count == 0 && await site.RowAsync(kept) is null, "all of it is gone");
        Assert.Equal(BackupState.Failed, (await site.RowAsync(failed))!.State);
    }

    [Theory]
    [InlineData(Moment.Before)]
    [InlineData(Moment.After)]
    public async Task A_store_that_fails_a_deletion_is_asked_again(Moment moment)
    {
        await using var site = await BackupSite.StartAsync(services: FaultyStore.Around, settings: new() { ["Backups:SweepInterval"] = "00:00:00.1" });
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        site.Host.Services.GetRequiredService<FaultPlan>().FailNext(nameof(IArchiveStore.DeleteAsync), moment);
        using (var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup)))
            Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        await BackupSite.EventuallyAsync(async () => await site.RowAsync(backup) is null, "the row is gone");
        Assert.Null(await site.Host.Services.GetRequiredService<IArchiveStore>().GetLengthAsync(new ArchiveKey(backup, 1), CancellationToken.None));
    }

    [Fact]
    public async Task Starting_cancelling_and_deleting_are_in_the_audit_log_with_who_did_it()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync("audited-gw");
        var backup = await site.StartBackupAsync(agent);
        await site.Admin.DeleteAsync(BackupSite.Path(agent, backup));
        await site.Admin.DeleteAsync(BackupSite.Path(agent, backup));
        var lines = await site.Host.CatalogAsync(catalog => catalog.AuditLog.AsNoTracking()
            .Where(a => a.Target == "audited-gw").OrderBy(a => a.Sequence).ToListAsync());
        Assert.Equal(["backup.start", "backup.cancel", "backup.delete"], lines.Select(l => l.Action));
        Assert.All(lines, line => Assert.StartsWith("user-", line.Actor, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.Contains(backup.ToString(), line.Detail, StringComparison.Ordinal));
    }
}
