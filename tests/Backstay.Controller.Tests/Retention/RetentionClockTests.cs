using System.Net;
using Backstay.Controller.Retention;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Retention;

/// <summary>A clock that jumps deletes nothing.</summary>
public sealed class RetentionClockTests
{
    private static readonly DateTimeOffset Begin = new(2027, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task After_a_jump_ahead_nothing_goes_until_an_administrator_confirms_the_time()
    {
        var time = new FakeTimeProvider(Begin);
        await using var site = await AgedAsync(time);
        time.AdjustTime(Begin.AddYears(1));

        Assert.Null(await site.Host.RoundAsync());
        Assert.False((await ClockAsync(site)).Trusted);
        using (var health = await site.Host.Http.GetAsync("/readyz"))
            Assert.Contains("\"retention-clock\":\"degraded\"", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using (var another = await ConfirmAsync(site, Begin))
            Assert.Equal(ErrorIds.ClockDiffers, (await BackupSite.ErrorAsync(another, HttpStatusCode.PreconditionFailed)).Id);
        using (var confirmed = await ConfirmAsync(site, Begin.AddYears(1).AddMinutes(1)))
            Assert.True((await confirmed.AssertOkAsync(AdminJson.Default.RetentionClockState)).Trusted);
        Assert.Equal(2, await site.Host.RoundAsync());
        Assert.Equal(1, await site.Host.CatalogAsync(catalog => catalog.AuditLog.CountAsync(a => a.Action == "retention-clock.confirm")));
    }

    [Fact]
    public async Task A_clock_that_is_not_believed_is_told_of_once_then_daily_and_anew_after_a_confirmation()
    {
        var time = new FakeTimeProvider(Begin);
        await using var site = await AgedAsync(time);
        var later = Begin.AddYears(1);
        time.AdjustTime(later);
        await site.Host.RoundAsync();
        await site.Host.RoundAsync();
        Assert.Contains("confirm-clock", Assert.Single(await ToldAsync(site)), StringComparison.Ordinal);

        time.AdjustTime(later.AddDays(1));
        await site.Host.RoundAsync();
        await site.Host.RoundAsync();
        Assert.Equal(2, (await ToldAsync(site)).Count);

        using (var confirmed = await ConfirmAsync(site, later.AddDays(1)))
            Assert.Equal(HttpStatusCode.OK, confirmed.StatusCode);
        time.AdjustTime(later.AddDays(1).AddHours(-74));
        await site.Host.RoundAsync();
        Assert.Equal(3, (await ToldAsync(site)).Count);
    }

    [Fact]
    public async Task A_clock_that_is_right_again_needs_no_confirmation()
    {
        var time = new FakeTimeProvider(Begin);
        await using var site = await AgedAsync(time);
        var host = site.Host;
        await host.CatalogAsync(catalog => catalog.RetentionState.ExecuteUpdateAsync(
            set => set.SetProperty(s => s.LastSeen, Begin.AddDays(10)))); // now it is ten days behind

        Assert.Null(await host.RoundAsync());
        time.AdjustTime(Begin.AddDays(10).AddHours(-1));

        Assert.NotNull(await host.RoundAsync());
        Assert.Equal(
            Begin.AddDays(10), await host.CatalogAsync(catalog => catalog.RetentionState.Select(s => s.LastSeen).SingleAsync()));
    }

    [Fact]
    public async Task A_new_catalog_believes_no_clock_that_is_far_from_its_newest_backup()
    {
        var time = new FakeTimeProvider(Begin);
        await using var site = await AgedAsync(time);
        await site.Host.CatalogAsync(catalog => catalog.RetentionState.ExecuteUpdateAsync(
            set => set.SetProperty(s => s.LastSeen, (DateTimeOffset?)null)));
        time.AdjustTime(Begin.AddDays(30));

        Assert.Null(await site.Host.RoundAsync());
        Assert.False((await ClockAsync(site)).Trusted);
    }

    [Fact]
    public async Task A_lock_does_not_end_by_a_clock_that_is_not_believed()
    {
        var time = new FakeTimeProvider(Begin);
        await using var site = await RetentionSite.StartAsync(time);
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        using (var locked = await site.SendAsync(HttpMethod.Put, BackupSite.Path(agent, backup) + "/lock", json: new LockRequest(Begin.AddDays(2))))
            Assert.Equal(HttpStatusCode.OK, locked.StatusCode);
        time.AdjustTime(Begin.AddDays(100));
        using var admin = await site.Host.AdminAsync();

        using (var refused = await admin.DeleteAsync(BackupSite.Path(agent, backup)))
            Assert.Equal(ErrorIds.BackupLocked, (await BackupSite.ErrorAsync(refused, HttpStatusCode.PreconditionFailed)).Id);
        await site.Host.CatalogAsync(catalog => catalog.RetentionState.ExecuteUpdateAsync(
            set => set.SetProperty(s => s.LastSeen, Begin.AddDays(100))));
        using var deleted = await admin.DeleteAsync(BackupSite.Path(agent, backup));
        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(72, true)]
    [InlineData(-72, true)]
    [InlineData(73, false)]
    [InlineData(-73, false)]
    public void It_is_believed_within_its_tolerance_in_both_directions(int hours, bool trusted)
    {
        var reading = new ClockReading(Begin.AddHours(hours), Begin, Begin, TimeSpan.FromDays(3));

        Assert.Equal(trusted, reading.Trusted);
        Assert.Equal(trusted || hours < 0 ? Begin.AddHours(hours) : Begin, reading.Surely);
    }

    /// <summary>Three backups of an appliance, 2 of which go a year later; their ages are not those of the clock's first believed time.</summary>
    private static async Task<BackupSite> AgedAsync(FakeTimeProvider time)
    {
        var site = await RetentionSite.StartAsync(time);
        var agent = await site.AddOnlineAsync();
        for (var i = 0; i < 3; i++)
            await site.MakeBackupAsync(agent, size: 100);
        await site.AddPolicyAsync(new(null, "a month", Appliances: new(All: true), KeepWithinDays: 30));
        Assert.Equal(0, await site.Host.RoundAsync());
        return site;
    }

    private static Task<List<string>> ToldAsync(BackupSite site) => site.Host.CatalogAsync(
        catalog => catalog.Events.Where(e => e.Kind == EventKind.RetentionStopped).Select(e => e.Message).ToListAsync());

    private static async Task<RetentionClockState> ClockAsync(BackupSite site)
    {
        using var admin = await site.Host.AdminAsync();
        using var answer = await admin.GetAsync("/admin/retention-policies/clock");
        return await answer.AssertOkAsync(AdminJson.Default.RetentionClockState);
    }

    private static async Task<HttpResponseMessage> ConfirmAsync(BackupSite site, DateTimeOffset confirmed)
    {
        using var admin = await site.Host.AdminAsync(); // the token of the site has expired with the jump
        using var content = Answers.Json($$"""{"time": "{{confirmed:O}}"}""");
        return await admin.PostAsync("/admin/retention-policies/clock/confirm", content);
    }
}
