using System.Net;
using Backstay.Controller.Drills;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Retention;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Drills;

/// <summary>What is drilled without being asked for, and who may say so.</summary>
public sealed class DrillQueueTests
{
    [Fact]
    public async Task The_newest_good_backup_of_each_appliance_is_drilled_longest_undrilled_first_and_once_in_so_many_days()
    {
        await using var site = await DrillSite.StartAsync();
        var (one, two) = (await site.AddOnlineAsync(), await site.AddOnlineAsync());
        var (older, _) = await site.MakeBackupAsync(one);
        await site.AgeAsync(older, TimeSpan.FromMinutes(1));
        var (newer, _) = await site.MakeBackupAsync(one);
        var (other, _) = await site.MakeBackupAsync(two);
        var machine = await site.AddMachineAsync(everyDays: 7);

        var first = await PassAsync();
        var second = await PassAsync();
        Assert.Equal(new[] { newer, other }.Order(), new[] { first, second }.Order());
        Assert.DoesNotContain(older, new[] { first, second });
        Assert.Null(await machine.ClaimAsync());

        await site.AgeDrillsAsync(TimeSpan.FromDays(7));
        Assert.Equal(first, await PassAsync());
        Assert.Equal(second, await PassAsync());
        Assert.Null(await machine.ClaimAsync());

        async Task<Guid> PassAsync()
        {
            var drill = (await machine.ClaimAsync())!;
            using var reported = await machine.ReportAsync(drill, DrillOutcome.Passed);
            Assert.Equal(HttpStatusCode.NoContent, reported.StatusCode);
            return drill.BackupId;
        }
    }

    [Fact]
    public async Task A_failed_drill_is_followed_by_one_of_a_newer_backup_and_of_no_older_one()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (older, _) = await site.MakeBackupAsync(agent);
        var (backup, _) = await site.MakeBackupAsync(agent);
        await site.AgeAsync(older, TimeSpan.FromMinutes(2));
        await site.AgeAsync(backup, TimeSpan.FromMinutes(1));
        var machine = await site.AddMachineAsync(everyDays: 7);
        var drill = (await machine.ClaimAsync())!;
        Assert.Equal(backup, drill.BackupId);
        using var reported = await machine.ReportAsync(drill, DrillOutcome.Failed);

        Assert.Null(await machine.ClaimAsync());
        var (newer, _) = await site.MakeBackupAsync(agent);
        await site.AgeDrillsAsync(new DrillOptions().LookInterval);
        Assert.Equal(newer, (await machine.ClaimAsync())!.BackupId);
    }

    [Fact]
    public async Task What_a_clock_that_was_ahead_has_written_silences_no_drill()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var machine = await site.AddMachineAsync(everyDays: 7);
        using (var reported = await machine.ReportAsync((await machine.ClaimAsync())!, DrillOutcome.Passed))
            Assert.Equal(HttpStatusCode.NoContent, reported.StatusCode);
        var ahead = TimeProvider.System.GetUtcNow().AddYears(1);
        await site.Host.CatalogAsync(async catalog =>
        {
            await catalog.DrillMachines.ExecuteUpdateAsync(set => set.SetProperty(m => m.NextLook, ahead));
            await catalog.Drills.ExecuteUpdateAsync(set => set.SetProperty(d => d.Ended, ahead));
        });
        var due = (await machine.ClaimAsync())!;
        Assert.Equal(backup, due.BackupId);

        // Its machine is gone, and another asks.
        await site.Host.CatalogAsync(catalog => catalog.Drills.Where(d => d.State == DrillState.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(d => d.LeaseUntil, ahead)));
        var another = await site.AddMachineAsync(everyDays: 7);
        var taken = (await another.ClaimAsync())!;
        Assert.Equal((due.DrillId, due.Attempt + 1), (taken.DrillId, taken.Attempt));

        // Or it waits.
        await site.Host.CatalogAsync(catalog => catalog.Drills.Where(d => d.State == DrillState.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(d => d.LeaseUntil, ahead)));
        await site.SweepDrillsAsync();
        await site.Host.CatalogAsync(catalog => catalog.Drills.Where(d => d.State == DrillState.Waiting)
            .ExecuteUpdateAsync(set => set.SetProperty(d => d.NextTry, ahead)));
        Assert.Equal(due.DrillId, (await machine.ClaimAsync())!.DrillId);
    }

    [Fact]
    public async Task Of_many_machines_that_ask_at_once_one_gets_the_drill()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        await site.MakeBackupAsync(agent);
        var machines = new List<RawAgent>();
        for (var i = 0; i < 6; i++)
            machines.Add(await site.AddMachineAsync(everyDays: 1));

        var offers = await Task.WhenAll(machines.Select(machine => machine.ClaimAsync()));

        Assert.Single(offers, offer => offer is not null);
        Assert.Equal(1, await site.Host.CatalogAsync(catalog => catalog.Drills.CountAsync()));
    }

    [Fact]
    public async Task A_drill_that_was_asked_for_twice_is_one_and_a_deleted_backup_ends_it()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        await site.AddMachineAsync();
        var drill = await site.DrillAsync(agent, backup);
        Assert.Equal(drill.Id, (await site.DrillAsync(agent, backup)).Id);

        using var deleted = await site.SendAsync(HttpMethod.Delete, BackupSite.Path(agent, backup));
        await site.SweepDrillsAsync();

        var ended = await site.ReadAsync(drill.Id);
        Assert.Equal((DrillState.CouldNot, "The backup was deleted before it was drilled."), (ended.State, ended.Message));
        Assert.False(await site.Host.CatalogAsync(catalog => catalog.Events.AnyAsync(e => e.Kind == EventKind.DrillGivenUp)));
    }

    [Fact]
    public async Task Making_a_drill_machine_takes_its_own_privilege_and_that_on_what_it_opens_and_is_written_down()
    {
        await using var site = await DrillSite.StartAsync();
        var appliance = await site.AddApplianceAsync("drill-01");
        var wish = new DrillMachine(Appliances: new ApplianceSelection(Tags: ["production"]), EveryDays: 30);
        var scope = new PrivilegeScope(false, Tags: ["production"]);
        var operators = await site.Host.SignInAsync(new Privilege(PrivilegeType.All, PrivilegeTarget.Appliance));
        var drillers = await site.Host.SignInAsync(
            new Privilege(PrivilegeType.Edit, PrivilegeTarget.DrillMachine), new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, scope));

        await (await site.TryEnableAsync(appliance.ApplianceId, wish, operators)).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        await (await site.TryEnableAsync(appliance.ApplianceId, wish with { Appliances = new(All: true) }, drillers))
            .AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        using var made = await site.TryEnableAsync(appliance.ApplianceId, wish, drillers);

        var machine = await made.AssertOkAsync(AdminJson.Default.DrillMachine);
        Assert.Equal(("drill-01", 30, true), (machine.Name, machine.EveryDays, machine.InForce));
        Assert.Equal(
            "reads archives of tags production, every 30 day(s)",
            await site.Host.CatalogAsync(catalog => catalog.AuditLog.Where(a => a.Action == "drill-machine.create").Select(a => a.Detail).SingleAsync()));
        var list = await (await site.Admin.GetAsync("/admin/drill-machines?query=drill")).AssertOkAsync(AdminJson.Default.PagedListDrillMachine);
        Assert.Equal(appliance.ApplianceId, Assert.Single(list.Data).ApplianceId);
    }

    [Theory]
    [InlineData("""{}""", "appliances")]
    [InlineData("""{"appliances": {"all": true}, "everyDays": 0}""", "everyDays")]
    [InlineData("""{"appliances": {"all": true}, "everyDays": 366}""", "everyDays")]
    public async Task A_drill_machine_that_can_not_be_is_refused(string body, string field)
    {
        await using var site = await DrillSite.StartAsync();
        var appliance = await site.AddApplianceAsync();
        using var answer = await site.Admin.PutAsync($"/admin/drill-machines/{appliance.ApplianceId}", Answers.Json(body));
        var error = await answer.AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
        Assert.Equal(field, Assert.Single(error.Errors!).Field);
    }

    [Fact]
    public async Task Drills_are_listed_and_read_within_the_scope_of_the_caller()
    {
        await using var site = await DrillSite.StartAsync();
        var (mine, yours) = (await site.AddOnlineAsync(tags: ["mine"]), await site.AddOnlineAsync());
        await site.AddMachineAsync();
        var (myBackup, _) = await site.MakeBackupAsync(mine);
        var (yourBackup, _) = await site.MakeBackupAsync(yours);
        var (drill, foreign) = (await site.DrillAsync(mine, myBackup), await site.DrillAsync(yours, yourBackup));
        var me = await site.Host.SignInAsync(
            new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, Tags: ["mine"])));

        var list = await (await me.GetAsync("/admin/drills?filterBy=state:waiting")).AssertOkAsync(AdminJson.Default.PagedListDrill);
        Assert.Equal(drill.Id, Assert.Single(list.Data).Id);
        Assert.Equal(HttpStatusCode.OK, (await me.GetAsync($"/admin/drills/{drill.Id}")).StatusCode);
        await (await me.GetAsync($"/admin/drills/{foreign.Id}")).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
        await (await site.TryDrillAsync(yours, yourBackup, me)).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
    }
}
