using System.Net;
using Backstay.Controller.Drills;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Drills;

public sealed class CancelDrillTests
{
    [Fact]
    public async Task A_waiting_drill_is_cancelled_once_and_no_machine_gets_it()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync("audited-gw");
        var (backup, _) = await site.MakeBackupAsync(agent);
        var machine = await site.AddMachineAsync();
        var drill = await site.DrillAsync(agent, backup);

        using var cancelled = await site.Admin.DeleteAsync($"/admin/drills/{drill.Id}");
        using var again = await site.Admin.DeleteAsync($"/admin/drills/{drill.Id}");

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (cancelled.StatusCode, again.StatusCode));
        Assert.Null(await machine.ClaimAsync());
        var ended = await site.ReadAsync(drill.Id);
        Assert.Equal(DrillState.Cancelled, ended.State);
        Assert.NotNull(ended.Ended);
        var line = await site.Host.CatalogAsync(catalog => catalog.AuditLog.AsNoTracking().SingleAsync(a => a.Action == "drill.cancel"));
        Assert.Equal($"Cancelled by {line.Actor}.", ended.Message);
        Assert.Equal("audited-gw", line.Target);
        Assert.NotEqual(drill.Id, (await site.DrillAsync(agent, backup)).Id);
    }

    [Fact]
    public async Task The_machine_of_a_cancelled_drill_is_refused_whatever_it_calls_and_it_is_no_result()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var before = (await site.RowAsync(backup))!.Verification;
        var machine = await site.AddMachineAsync();
        var drill = await site.DrillAsync(agent, backup);
        var mine = (await machine.ClaimAsync())!;
        using var cancelled = await site.Admin.DeleteAsync($"/admin/drills/{drill.Id}");
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);

        await (await machine.RenewDrillAsync(mine.DrillId, mine.Attempt)).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.AttemptClosed);
        await (await machine.ReadArchiveAsync(mine.DrillId, mine.Attempt)).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.AttemptClosed);
        foreach (var outcome in Enum.GetValues<DrillOutcome>())
            await (await machine.ReportAsync(mine, outcome)).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.AttemptClosed);
        await site.SweepDrillsAsync();

        Assert.Equal(DrillState.Cancelled, (await site.ReadAsync(drill.Id)).State);
        Assert.Equal(before, (await site.RowAsync(backup))!.Verification);
        Assert.False(await site.Host.CatalogAsync(catalog => catalog.Verifications.AnyAsync(v => v.Strength == VerificationStrength.Drill)));
    }

    [Fact]
    public async Task A_drill_that_has_ended_is_not_cancelled_and_keeps_its_result()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var machine = await site.AddMachineAsync();
        var drill = await site.DrillAsync(agent, backup);
        using var reported = await machine.ReportAsync((await machine.ClaimAsync())!, DrillOutcome.Passed);

        await (await site.Admin.DeleteAsync($"/admin/drills/{drill.Id}"))
            .AssertRefusedAsync(HttpStatusCode.PreconditionFailed, ErrorIds.PreconditionFailed);

        Assert.Equal(DrillState.Passed, (await site.ReadAsync(drill.Id)).State);
    }

    [Fact]
    public async Task A_drill_that_is_unknown_or_out_of_scope_is_not_found()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        await site.AddMachineAsync();
        var drill = await site.DrillAsync(agent, backup);
        var me = await site.Host.SignInAsync(
            new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, Tags: ["mine"])));

        await (await me.DeleteAsync($"/admin/drills/{drill.Id}")).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
        await (await site.Admin.DeleteAsync($"/admin/drills/{Guid.NewGuid()}")).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);

        Assert.Equal(DrillState.Waiting, (await site.ReadAsync(drill.Id)).State);
    }

    [Fact]
    public async Task What_was_cancelled_is_not_begun_again_by_itself_before_its_days_are_over()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        await site.MakeBackupAsync(agent);
        var machine = await site.AddMachineAsync(everyDays: 7);
        var drill = (await machine.ClaimAsync())!;
        using var cancelled = await site.Admin.DeleteAsync($"/admin/drills/{drill.DrillId}");
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);

        await site.AgeDrillsAsync(new DrillOptions().RetryAfter);
        Assert.Null(await machine.ClaimAsync());
        await site.AgeDrillsAsync(TimeSpan.FromDays(7));
        Assert.Equal(drill.BackupId, (await machine.ClaimAsync())!.BackupId);
    }
}
