using System.Net;
using Backstay.Controller.Drills;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Drills;

/// <summary>What a drill machine may do, and when, and what nobody else may.</summary>
public sealed class DrillWorkTests
{
    private static readonly DrillOptions Options = new();

    [Fact]
    public async Task A_machine_reads_the_archive_of_its_drill_by_ranges_while_it_runs_and_not_after()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync(tags: ["production"]);
        var (backup, archive) = await site.MakeBackupAsync(agent, DrillWork.MaxChunk + 1000);
        var machine = await site.AddMachineAsync();
        var drill = await site.DrillAsync(agent, backup);

        var mine = (await machine.ClaimAsync())!;
        Assert.Equal((drill.Id, 1, backup, agent.ApplianceId), (mine.DrillId, mine.Attempt, mine.BackupId, mine.ApplianceId));
        Assert.Equal((archive.Length, 300L, 60), (mine.Size, mine.ContentBytes, mine.LeaseSeconds));
        Assert.Equal(["production"], mine.Tags);
        using var first = await machine.ReadArchiveAsync(mine.DrillId, mine.Attempt);
        using var rest = await machine.ReadArchiveAsync(mine.DrillId, mine.Attempt, DrillWork.MaxChunk);
        Assert.Equal((HttpStatusCode.PartialContent, HttpStatusCode.PartialContent), (first.StatusCode, rest.StatusCode));
        byte[] read = [.. await first.Content.ReadAsByteArrayAsync(), .. await rest.Content.ReadAsByteArrayAsync()];
        Assert.Equal(archive, read);

        using var reported = await machine.ReportAsync(mine, DrillOutcome.Passed);
        using var again = await machine.ReportAsync(mine, DrillOutcome.Passed);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (reported.StatusCode, again.StatusCode));
        await (await machine.ReadArchiveAsync(mine.DrillId, mine.Attempt)).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.AttemptClosed);
        Assert.Null(await machine.ClaimAsync());
    }

    [Fact]
    public async Task Nobody_else_reads_it()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var machine = await site.AddMachineAsync();
        var other = await site.AddMachineAsync();
        await site.DrillAsync(agent, backup);

        // An ordinary agent, the one whose backup it is included.
        await (await agent.Http.PostAsync("/agent/v1/drills/claim", null)).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        var mine = (await machine.ClaimAsync())!;
        await (await agent.ReadArchiveAsync(mine.DrillId, mine.Attempt)).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);

        // Another drill machine, which may read the same archives.
        Assert.Null(await other.ClaimAsync());
        await (await other.ReadArchiveAsync(mine.DrillId, mine.Attempt)).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
        await (await other.RenewDrillAsync(mine.DrillId, mine.Attempt)).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
        await (await other.ReportAsync(mine, DrillOutcome.Failed)).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);

        // This one, by a backup's id or another attempt, and as a user.
        await (await machine.ReadArchiveAsync(backup, 1)).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
        await (await machine.ReadArchiveAsync(mine.DrillId, 2)).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.AttemptClosed);
        Assert.Equal(HttpStatusCode.Unauthorized, (await machine.Http.GetAsync(BackupSite.Path(agent, backup))).StatusCode);
    }

    [Fact]
    public async Task The_right_ends_with_being_a_drill_machine_and_with_another_enrolment()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var machine = await site.AddMachineAsync();
        var drill = await site.DrillAsync(agent, backup);
        var mine = (await machine.ClaimAsync())!;

        // As if the appliance had been given a new seed since: the credential is good, and it isn't the one that was chosen.
        await site.Host.CatalogAsync(catalog => catalog.DrillMachines.ExecuteUpdateAsync(set => set.SetProperty(m => m.CredentialHash, new byte[32])));
        await (await machine.ReadArchiveAsync(mine.DrillId, mine.Attempt)).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        using (var said = await site.TryEnableAsync(machine.ApplianceId, new DrillMachine(Appliances: new(All: true))))
            Assert.True((await said.AssertOkAsync(AdminJson.Default.DrillMachine)).InForce);
        Assert.Equal(HttpStatusCode.PartialContent, (await machine.ReadArchiveAsync(mine.DrillId, mine.Attempt)).StatusCode);

        Assert.Equal(HttpStatusCode.NoContent, (await site.Admin.DeleteAsync($"/admin/drill-machines/{machine.ApplianceId}")).StatusCode);
        await (await machine.ReadArchiveAsync(mine.DrillId, mine.Attempt)).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        Assert.Equal(DrillState.Waiting, (await site.ReadAsync(drill.Id)).State);
    }

    [Fact]
    public async Task A_machine_gets_only_drills_of_appliances_that_it_was_chosen_for()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync(tags: ["test"]);
        var (backup, _) = await site.MakeBackupAsync(agent);
        var production = await site.AddMachineAsync(new ApplianceSelection(Tags: ["production"]), everyDays: 1);
        await (await site.TryDrillAsync(agent, backup)).AssertRefusedAsync(HttpStatusCode.PreconditionFailed, ErrorIds.NoDrillMachine);

        var test = await site.AddMachineAsync(new ApplianceSelection(Tags: ["test"]));
        await site.DrillAsync(agent, backup);
        Assert.Null(await production.ClaimAsync());
        Assert.NotNull(await test.ClaimAsync());
    }

    [Fact]
    public async Task A_machine_that_is_not_heard_of_loses_its_drill_to_the_next_that_asks()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var site = await DrillSite.StartAsync(time);
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var (one, two) = (await site.AddMachineAsync(), await site.AddMachineAsync());
        var drill = await site.DrillAsync(agent, backup);
        var lost = (await one.ClaimAsync())!;
        time.Advance(Options.Lease - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.NoContent, (await one.RenewDrillAsync(lost.DrillId, lost.Attempt)).StatusCode);
        Assert.Equal("Restoring.", (await site.ReadAsync(drill.Id)).Message);
        time.Advance(Options.Lease - TimeSpan.FromSeconds(1));
        Assert.Null(await two.ClaimAsync());

        time.Advance(TimeSpan.FromSeconds(1));
        await (await one.ReadArchiveAsync(lost.DrillId, lost.Attempt)).AssertRefusedAsync(HttpStatusCode.ServiceUnavailable, ErrorIds.ServiceUnavailable);
        var taken = (await two.ClaimAsync())!;

        Assert.Equal((drill.Id, 2), (taken.DrillId, taken.Attempt));
        await (await one.RenewDrillAsync(lost.DrillId, lost.Attempt)).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
        await (await one.ReportAsync(lost, DrillOutcome.Failed)).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
        Assert.Equal(two.ApplianceId, (await site.ReadAsync(drill.Id)).MachineId);
    }

    [Fact]
    public async Task The_sweep_says_that_a_machine_was_not_heard_of_and_the_machine_itself_may_begin_again_at_once()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var site = await DrillSite.StartAsync(time);
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var machine = await site.AddMachineAsync();
        var drill = await site.DrillAsync(agent, backup);
        await machine.ClaimAsync();
        Assert.Equal(2, (await machine.ClaimAsync())!.Attempt);

        time.Advance(Options.Lease);
        await site.SweepDrillsAsync();

        var waits = await site.ReadAsync(drill.Id);
        Assert.Equal(DrillState.Waiting, waits.State);
        Assert.Contains("wasn't heard of for 60 seconds", waits.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_drill_is_a_result_with_what_its_checks_said_and_the_backup_is_damaged()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var machine = await site.AddMachineAsync();
        var drill = await site.DrillAsync(agent, backup);
        var check = new DrillCheck("orders", false, 1, 2.5, "9 rows\u001b[2J, expected 10\nno");

        using var reported = await machine.ReportAsync((await machine.ClaimAsync())!, DrillOutcome.Failed, "1 check failed.", check);

        Assert.Equal(HttpStatusCode.NoContent, reported.StatusCode);
        var ended = await site.ReadAsync(drill.Id);
        Assert.Equal((DrillState.Failed, "1 check failed.", 3L, 300L), (ended.State, ended.Message, ended.Files, ended.Bytes));
        Assert.Equal([check with { Output = "9 rows [2J, expected 10\nno" }], ended.Checks);
        Assert.Equal(VerificationState.Damaged, (await site.RowAsync(backup))!.Verification);
        var result = await site.Host.CatalogAsync(catalog => catalog.Verifications.SingleAsync(v => v.BackupId == backup && v.Strength == VerificationStrength.Drill));
        Assert.Equal(
            (VerificationStrength.Drill, VerificationRunState.Failed, "1 check failed."), (result.Strength, result.State, result.Message));
        Assert.StartsWith("appliance ", result.By, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Not_being_able_to_is_no_damage_is_visible_and_is_tried_again_until_it_is_given_up()
    {
        await using var site = await DrillSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        var machine = await site.AddMachineAsync();
        var drill = await site.DrillAsync(agent, backup);

        using var reported = await machine.ReportAsync((await machine.ClaimAsync())!, DrillOutcome.CouldNot, "No room.");

        var waits = await site.ReadAsync(drill.Id);
        Assert.Equal((DrillState.Waiting, "No room.", 1), (waits.State, waits.Message, waits.Attempt));
        Assert.Equal(VerificationState.Verified, (await site.RowAsync(backup))!.Verification);
        Assert.Null(await machine.ClaimAsync());
        await site.AgeDrillsAsync(Options.RetryAfter);
        var again = (await machine.ClaimAsync())!;
        Assert.Equal(2, again.Attempt);
        using var reportedAgain = await machine.ReportAsync(again, DrillOutcome.CouldNot, "Still no room.");
        await site.AgeDrillsAsync(Options.GiveUpAfter);
        await site.SweepDrillsAsync();
        var given = await site.Host.CatalogAsync(catalog => catalog.Drills.SingleAsync());
        Assert.Equal((DrillState.CouldNot, "Still no room."), (given.State, given.Message));
        Assert.NotNull(given.Ended);
        Assert.Equal(0, await site.Host.CatalogAsync(catalog => catalog.Verifications.CountAsync(v => v.Strength == VerificationStrength.Drill)));

        await site.SweepDrillsAsync();
        var told = Assert.Single(await site.Host.CatalogAsync(catalog => catalog.Events.Where(e => e.Kind == EventKind.DrillGivenUp).ToListAsync()));
        Assert.Equal((agent.ApplianceId, backup), (told.ApplianceId, told.BackupId));
        Assert.Contains("Still no room.", told.Message, StringComparison.Ordinal);
    }
}
