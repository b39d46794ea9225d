using System.Net;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Retention;
using Backstay.Controller.Tests.Storage;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Backups;

/// <summary>Hold and lock: what keeps a backup from being deleted, by whomever.</summary>
public sealed class ProtectionTests
{
    private static readonly Privilege MayBackUp = new(PrivilegeType.Backup, PrivilegeTarget.Appliance);
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task A_held_backup_is_not_deleted_and_the_refusal_says_who_holds_it_and_why()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);

        var held = await HoldAsync(site, agent, backup, "Evidence in case 4711");
        Assert.Equal("Evidence in case 4711", held.Hold!.Reason);

        using (var refused = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup)))
        {
            var error = await BackupSite.ErrorAsync(refused, HttpStatusCode.PreconditionFailed);
            Assert.Equal(ErrorIds.BackupHeld, error.Id);
            Assert.Contains(held.Hold.Owner, error.Message, StringComparison.Ordinal);
            Assert.Contains("case 4711", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
        using (var released = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup) + "/hold"))
            Assert.Equal(HttpStatusCode.NoContent, released.StatusCode);
        using (var again = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup) + "/hold"))
            Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        using var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup));
        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        Assert.Equal(
            ["backup.start", "backup.hold", "backup.release", "backup.delete"],
            await site.Host.CatalogAsync(catalog => catalog.AuditLog.Where(a => a.Detail!.Contains(backup.ToString()) && a.Outcome < 400)
                .OrderBy(a => a.Sequence).Select(a => a.Action).ToListAsync()));
    }

    [Fact]
    public async Task A_hold_is_its_owners_and_is_released_by_the_owner_or_by_who_may_delete_the_appliance()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var (anna, ben) = (await site.Host.SignInAsync(MayBackUp), await site.Host.SignInAsync(MayBackUp));
        var path = BackupSite.Path(agent, backup) + "/hold";
        var first = await HoldAsync(site, agent, backup, "first", anna);

        var second = await HoldAsync(site, agent, backup, "second", anna);
        Assert.Equal(("second", first.Hold!.Since), (second.Hold!.Reason, second.Hold.Since));
        using (var others = await site.SendAsync(HttpMethod.Put, path, json: new HoldRequest("mine"), client: ben))
            Assert.Equal(ErrorIds.BackupHeld, (await BackupSite.ErrorAsync(others, HttpStatusCode.PreconditionFailed)).Id);
        using (var others = await ben.DeleteAsync(path))
            Assert.Equal(ErrorIds.Forbidden, (await BackupSite.ErrorAsync(others, HttpStatusCode.Forbidden)).Id);
        Assert.Equal("second", (await site.RowAsync(backup))!.HoldReason);
        using var released = await site.Admin.DeleteAsync(path);
        Assert.Equal(HttpStatusCode.NoContent, released.StatusCode);
    }

    [Fact]
    public async Task A_lock_can_be_extended_and_not_be_shortened_or_taken_off_by_anyone()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var until = TimeProvider.System.GetUtcNow().AddDays(30);
        var path = BackupSite.Path(agent, backup) + "/lock";

        Assert.Equal(until.ToUnixTimeSeconds(), (await LockAsync(site, agent, backup, until)).Lock!.Until.ToUnixTimeSeconds());
        await LockAsync(site, agent, backup, until);
        var longer = (await LockAsync(site, agent, backup, until.AddDays(1))).Lock!.Until;
        using (var shorter = await site.SendAsync(HttpMethod.Put, path, json: new LockRequest(until)))
            Assert.Equal(ErrorIds.BackupLocked, (await BackupSite.ErrorAsync(shorter, HttpStatusCode.PreconditionFailed)).Id);
        using (var off = await site.Admin.DeleteAsync(path))
            Assert.Equal(HttpStatusCode.MethodNotAllowed, off.StatusCode);

        await HoldAsync(site, agent, backup, "as well");
        using var refused = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup));
        var error = await BackupSite.ErrorAsync(refused, HttpStatusCode.PreconditionFailed);
        Assert.Equal(ErrorIds.BackupLocked, error.Id);
        Assert.Contains(longer.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"), error.Message, StringComparison.Ordinal);
        Assert.Contains("as well", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hold", "{}", 422)]
    [InlineData("hold", """{"reason": " "}""", 422)]
    [InlineData("hold", """{"reason": 5}""", 400)]
    [InlineData("lock", "{}", 422)]
    [InlineData("lock", """{"until": "2020-01-01T00:00:00Z"}""", 422)]
    [InlineData("lock", """{"until": "2226-01-01T00:00:00Z"}""", 422)]
    [InlineData("lock", """{"until": "tomorrow"}""", 400)]
    public async Task What_can_not_be_a_hold_or_a_lock_is_refused(string what, string body, int status)
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        using var content = Answers.Json(body);
        using var refused = await site.Admin.PutAsync($"{BackupSite.Path(agent, backup)}/{what}", content);
        Assert.Equal(status, (int)refused.StatusCode);
        Assert.Equal(0, (await site.RowAsync(backup))!.ProtectionVersion);
    }

    [Fact]
    public async Task Only_what_left_an_archive_can_be_held_or_locked()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var failed = await site.FailBackupAsync(agent);
        var running = await site.StartBackupAsync(agent);
        var until = TimeProvider.System.GetUtcNow().AddDays(30);
        foreach (var (backup, status, id) in new[] { (failed, HttpStatusCode.Gone, ErrorIds.Gone), (running, HttpStatusCode.PreconditionFailed, ErrorIds.BackupProcessing) })
        {
            using var hold = await site.SendAsync(HttpMethod.Put, BackupSite.Path(agent, backup) + "/hold", json: new HoldRequest("why"));
            Assert.Equal(id, (await BackupSite.ErrorAsync(hold, status)).Id);
            using var locked = await site.SendAsync(HttpMethod.Put, BackupSite.Path(agent, backup) + "/lock", json: new LockRequest(until));
            Assert.Equal(id, (await BackupSite.ErrorAsync(locked, status)).Id);
        }
    }

    [Fact]
    public async Task Hold_and_lock_are_in_the_sidecar_and_a_rebuilt_catalog_has_them()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var held = await HoldAsync(site, agent, backup, "case");
        var locked = await LockAsync(site, agent, backup, TimeProvider.System.GetUtcNow().AddDays(30));
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteDeleteAsync());

        await using (var scope = site.Host.Services.CreateAsyncScope())
            await ActivatorUtilities.CreateInstance<CatalogRebuild>(scope.ServiceProvider).RunAsync(Assert.Fail, (_, _) => { }, Never);

        var row = (await site.RowAsync(backup))!;
        Assert.Equal((held.Hold!.Owner, "case", locked.Lock!.Until), (row.HeldBy, row.HoldReason, row.LockedUntil));
        Assert.Equal((2, 2), (row.ProtectionVersion, row.StoredProtectionVersion));
        using var refused = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup));
        Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);
    }

    [Fact]
    public async Task A_catalog_from_before_the_hold_learns_of_it_by_a_rebuild_and_one_from_after_its_release_does_not_lose_that()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (before, _) = await site.MakeBackupAsync(agent);
        var (after, _) = await site.MakeBackupAsync(agent);
        foreach (var backup in new[] { before, after })
            await HoldAsync(site, agent, backup, "case");
        await site.Host.CatalogAsync(async catalog =>
        {
            await catalog.Backups.Where(b => b.Id == before).ExecuteUpdateAsync(set => set
                .SetProperty(b => b.HeldBy, (string?)null)
                .SetProperty(b => b.ProtectionVersion, 0)
                .SetProperty(b => b.StoredProtectionVersion, 0));
            await catalog.Backups.Where(b => b.Id == after).ExecuteUpdateAsync(set => set
                .SetProperty(b => b.HeldBy, (string?)null)
                .SetProperty(b => b.ProtectionVersion, 2));
        });

        await using (var scope = site.Host.Services.CreateAsyncScope())
            await ActivatorUtilities.CreateInstance<CatalogRebuild>(scope.ServiceProvider).RunAsync(Assert.Fail, (_, _) => { }, Never);

        Assert.NotNull((await site.RowAsync(before))!.HeldBy);
        Assert.Null((await site.RowAsync(after))!.HeldBy);
    }

    [Theory]
    [InlineData(nameof(IArchiveStore.ReadSidecarAsync))]
    [InlineData(nameof(IArchiveStore.WriteSidecarAsync))]
    public async Task A_hold_is_in_force_although_the_store_fails_and_is_carried_there_with_the_next_round(string call)
    {
        await using var site = await RetentionSite.StartAsync(services: FaultyStore.Around);
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        await site.Host.VerifiedAsync();
        site.Host.Services.GetRequiredService<FaultPlan>().FailNext(call, Moment.Before);

        await HoldAsync(site, agent, backup, "case");

        using (var refused = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup)))
            Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);
        Assert.Null((await SidecarAsync(site, backup)).Protection);
        await site.Host.RoundAsync();
        Assert.Equal("case", (await SidecarAsync(site, backup)).Protection?.HoldReason);
        var row = (await site.RowAsync(backup))!;
        Assert.Equal(row.ProtectionVersion, row.StoredProtectionVersion);
    }

    [Fact]
    public async Task The_list_shows_hold_and_lock_and_filters_by_hold()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (held, _) = await site.MakeBackupAsync(agent);
        await site.MakeBackupAsync(agent);
        await HoldAsync(site, agent, held, "case");

        using var answer = await site.Admin.GetAsync("/admin/backups?filterBy=held:true");
        var list = await answer.AssertOkAsync(AdminJson.Default.PagedListBackup);

        Assert.Equal((held, "case"), (Assert.Single(list.Data).Id, list.Data[0].Hold!.Reason));
    }

    private static async Task<Backup> HoldAsync(BackupSite site, RawAgent agent, Guid backup, string reason, HttpClient? client = null)
    {
        using var answer = await site.SendAsync(HttpMethod.Put, BackupSite.Path(agent, backup) + "/hold", json: new HoldRequest(reason), client: client);
        return await answer.AssertOkAsync(AdminJson.Default.Backup);
    }

    private static async Task<Backup> LockAsync(BackupSite site, RawAgent agent, Guid backup, DateTimeOffset until)
    {
        using var answer = await site.SendAsync(HttpMethod.Put, BackupSite.Path(agent, backup) + "/lock", json: new LockRequest(until));
        return await answer.AssertOkAsync(AdminJson.Default.Backup);
    }

    private static async Task<ArchiveSidecar> SidecarAsync(BackupSite site, Guid backup) => ArchiveSidecar.FromJson(
        (await site.Host.Services.GetRequiredService<OpenedStore>().Store.ReadSidecarAsync(new ArchiveKey(backup, 1), Never))!);
}
