using Backstay.Controller.Catalog;
using Backstay.Controller.Retention;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Storage;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Retention;

/// <summary>The worker, on real catalogs and stores.</summary>
public sealed class PruningTests
{
    private static readonly RetentionPolicy KeepOne = new(null, "keep one", Appliances: new ApplianceSelection(All: true), KeepLast: 1);

    [Fact]
    public async Task What_no_policy_keeps_goes_with_its_archive_and_a_line_of_the_audit_log_that_says_why()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync("pruned-gw");
        var (old, _) = await site.MakeBackupAsync(agent);
        var (newest, archive) = await site.MakeBackupAsync(agent);
        await site.AddPolicyAsync(KeepOne);

        Assert.Equal(1, await site.Host.RoundAsync());

        Assert.Null(await site.RowAsync(old));
        Assert.False(await site.IsStoredAsync(old));
        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, newest)));
        var line = await site.Host.CatalogAsync(catalog => catalog.AuditLog.AsNoTracking().SingleAsync(a => a.Action == "backup.prune"));
        Assert.Equal(("controller", "pruned-gw"), (line.Actor, line.Target));
        Assert.Contains(old.ToString(), line.Detail, StringComparison.Ordinal);
        Assert.Contains("not-kept by keep one", line.Detail, StringComparison.Ordinal);
        Assert.Equal(0, await site.Host.RoundAsync());
    }

    [Fact]
    public async Task What_runs_what_failed_and_what_is_held_or_locked_stays()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (held, _) = await site.MakeBackupAsync(agent);
        var (locked, _) = await site.MakeBackupAsync(agent);
        var (newest, _) = await site.MakeBackupAsync(agent);
        var failed = await site.FailBackupAsync(agent);
        var running = await site.StartBackupAsync(agent);
        foreach (var backup in new[] { held, locked, newest, failed, running })
            await site.AgeAsync(backup, TimeSpan.FromDays(1000));
        await site.AgeAsync(newest, TimeSpan.FromDays(999));
        var until = TimeProvider.System.GetUtcNow().AddDays(1);
        await site.Host.CatalogAsync(async catalog =>
        {
            await catalog.Backups.Where(b => b.Id == held).ExecuteUpdateAsync(set => set.SetProperty(b => b.HeldBy, "anna"));
            await catalog.Backups.Where(b => b.Id == locked).ExecuteUpdateAsync(set => set.SetProperty(b => b.LockedUntil, until));
        });
        await site.AddPolicyAsync(KeepOne with { MaxAgeDays = 30, KeepWithinDays = 30 });

        Assert.Equal(0, await site.Host.RoundAsync());

        foreach (var backup in new[] { held, locked, newest, failed, running })
            Assert.NotNull(await site.RowAsync(backup));
    }

    [Fact]
    public async Task The_default_policy_lets_go_in_the_end_what_clients_never_deleted_and_never_the_last_ones()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        List<Guid> made = [];
        for (var i = 0; i < 9; i++)
        {
            made.Add((await site.MakeBackupAsync(agent, size: 100)).Backup);
            await site.AgeAsync(made[^1], TimeSpan.FromDays(91 + 9 - i));
        }

        Assert.Equal(2, await site.Host.RoundAsync());
        Assert.Equal(made[2..], await site.Host.CatalogAsync(catalog => catalog.Backups.OrderBy(b => b.Created).Select(b => b.Id).ToListAsync()));

        await site.AgeAsync(made[2], TimeSpan.FromDays(89));
        Assert.Equal(0, await site.Host.RoundAsync());
    }

    [Fact]
    public async Task What_any_policy_of_an_appliance_keeps_stays_and_the_default_is_for_those_without_one()
    {
        await using var site = await RetentionSite.StartAsync();
        var (tagged, other) = (await site.AddOnlineAsync(tags: ["lab"]), await site.AddOnlineAsync());
        var backups = new List<(RawAgent Agent, Guid Backup)>();
        foreach (var agent in new[] { tagged, tagged, tagged, other, other, other })
            backups.Add((agent, (await site.MakeBackupAsync(agent, size: 100)).Backup));
        await site.AddPolicyAsync(new(null, "lab 1", Appliances: new(Tags: ["lab"]), KeepLast: 1));
        await site.AddPolicyAsync(new(null, "lab 2", Appliances: new(Ids: [tagged.ApplianceId]), KeepLast: 2));

        Assert.Equal(1, await site.Host.RoundAsync());

        var left = await site.Host.CatalogAsync(catalog => catalog.Backups.Select(b => b.Id).ToListAsync());
        Assert.Equal(backups.Skip(1).Select(b => b.Backup).Order(), left.Order());
    }

    [Fact]
    public async Task A_store_that_fails_loses_nothing_and_the_row_goes_when_it_works_again()
    {
        await using var site = await RetentionSite.StartAsync(services: FaultyStore.Around);
        var agent = await site.AddOnlineAsync();
        var (old, _) = await site.MakeBackupAsync(agent);
        await site.MakeBackupAsync(agent);
        await site.AddPolicyAsync(KeepOne);
        var plan = site.Host.Services.GetRequiredService<FaultPlan>();
        plan.FailNext(nameof(IArchiveStore.DeleteAsync), Moment.Before);
        plan.FailNext(nameof(IArchiveStore.ListAsync), Moment.Before); // nothing here asks for a list

        Assert.Equal(1, await site.Host.RoundAsync());

        await BackupSite.EventuallyAsync(async () => await site.RowAsync(old) is null, "the sweep finishes it");
        Assert.False(await site.IsStoredAsync(old));
    }

    [Fact]
    public async Task A_round_that_was_cut_off_between_the_mark_and_the_store_is_finished_by_the_next_controller()
    {
        await using var site = await RetentionSite.StartAsync(settings: new() { ["Backups:SweepInterval"] = "00:00:00.1" });
        var agent = await site.AddOnlineAsync();
        var (old, _) = await site.MakeBackupAsync(agent);

        // As a controller leaves it that dies right after the commit.
        var now = TimeProvider.System.GetUtcNow();
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.Deleted, now)));

        await BackupSite.EventuallyAsync(async () => await site.RowAsync(old) is null && !await site.IsStoredAsync(old), "the sweep finishes it");
    }

    [Fact]
    public async Task Of_two_controllers_at_once_each_backup_goes_once()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        for (var i = 0; i < 6; i++)
            await site.MakeBackupAsync(agent, size: 100);
        await site.AddPolicyAsync(KeepOne);
        await site.Host.VerifiedAsync();
        var now = TimeProvider.System.GetUtcNow();

        // Both past the claim of the round, as when one was so slow that the next round came.
        var pruned = await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            await using var scope = site.Host.Services.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<Pruning>().RunAsync(now, CancellationToken.None);
        }));

        Assert.Equal(5, pruned.Sum());
        Assert.Equal(5, await site.Host.CatalogAsync(catalog => catalog.AuditLog.CountAsync(a => a.Action == "backup.prune")));
        Assert.Equal(1, await site.Host.CatalogAsync(catalog => catalog.Backups.CountAsync(b => b.Deleted == null)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_decided_by_what_is_so_when_the_transaction_begins(bool byPolicy)
    {
        var change = new ChangeBeforeTransaction();
        await using var site = await RetentionSite.StartAsync(services: services => services.AddBeforeCatalog(change));
        var agent = await site.AddOnlineAsync();
        var (old, _) = await site.MakeBackupAsync(agent, size: 100);
        var (newest, _) = await site.MakeBackupAsync(agent, size: 100);
        await site.AddPolicyAsync(KeepOne);
        await site.Host.VerifiedAsync();
        await using var scope = site.Host.Services.CreateAsyncScope();
        var pruning = scope.ServiceProvider.GetRequiredService<Pruning>();

        // After the first look, which finds that the old one goes.
        change.Next = () => site.Host.CatalogAsync(async catalog =>
        {
            if (byPolicy)
                await catalog.RetentionPolicies.Where(p => p.Name == KeepOne.Name).ExecuteUpdateAsync(set => set.SetProperty(p => p.KeepLast, 2));
            else
                await catalog.Backups.Where(b => b.Id == newest).ExecuteUpdateAsync(set => set.SetProperty(b => b.Verification, VerificationState.Damaged));
        });

        Assert.Equal(0, await pruning.RunAsync(TimeProvider.System.GetUtcNow(), CancellationToken.None));
        Assert.Null(change.Next);
        Assert.NotNull(await site.RowAsync(old));
    }

    [Fact]
    public async Task What_is_being_changed_when_it_is_decided_is_waited_for()
    {
        // SQLite has one writer.
        await using var site = await RetentionSite.StartAsync(settings: await (await TestPostgres.CurrentAsync()).SettingsAsync());
        var agent = await site.AddOnlineAsync();
        var (old, _) = await site.MakeBackupAsync(agent, size: 100);
        var (newest, _) = await site.MakeBackupAsync(agent, size: 100);
        await site.AddPolicyAsync(KeepOne);
        await site.Host.VerifiedAsync();
        await using var scope = site.Host.Services.CreateAsyncScope();
        Task<int>? pruning = null;
        await site.Host.CatalogAsync(async catalog =>
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync();
            await catalog.Backups.Where(b => b.Id == newest).ExecuteUpdateAsync(set => set.SetProperty(b => b.Verification, VerificationState.Damaged));
            pruning = scope.ServiceProvider.GetRequiredService<Pruning>().RunAsync(TimeProvider.System.GetUtcNow(), CancellationToken.None);
            await BackupSite.EventuallyAsync(
                () => site.Host.CatalogAsync(other => other.Database
                    .SqlQuery<bool>($"SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS \"Value\"")
                    .SingleAsync()),
                "pruning waits");
            await transaction.CommitAsync();
        });

        Assert.Equal(0, await pruning!);
        Assert.NotNull(await site.RowAsync(old));
    }

    [Fact]
    public async Task A_round_is_taken_by_one_and_not_due_again_before_its_time()
    {
        await using var site = await RetentionSite.StartAsync();
        await site.Host.CatalogAsync(catalog => catalog.RetentionState.ExecuteUpdateAsync(
            set => set.SetProperty(s => s.NextRound, (DateTimeOffset?)null)));

        var rounds = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => site.Host.LookAsync()));

        Assert.Single(rounds, round => round is not null);
        Assert.Null(await site.Host.LookAsync());
        var state = await site.Host.CatalogAsync(catalog => catalog.RetentionState.AsNoTracking().SingleAsync());
        Assert.Equal(new RetentionOptions().Interval, state.NextRound - state.LastSeen);
    }

    [Fact]
    public async Task The_last_good_one_stays_when_newer_ones_are_found_damaged()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (good, _) = await site.MakeBackupAsync(agent);
        var (damaged, _) = await site.MakeBackupAsync(agent);
        await site.Host.VerifiedAsync();
        await site.Host.CatalogAsync(catalog => catalog.Backups.Where(b => b.Id == damaged)
            .ExecuteUpdateAsync(set => set.SetProperty(b => b.Verification, VerificationState.Damaged)));
        await site.AddPolicyAsync(KeepOne with { MaxAgeDays = 1, KeepWithinDays = 1 });
        await site.AgeAsync(good, TimeSpan.FromDays(500));

        Assert.Equal(0, await site.Host.RoundAsync());
        Assert.Equal(BackupState.Succeeded, (await site.RowAsync(good))!.State);
    }
}
