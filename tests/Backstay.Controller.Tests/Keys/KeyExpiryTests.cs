using Backstay.Controller.Keys;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Keys;

public sealed class KeyExpiryTests
{
    [Fact]
    public async Task A_key_that_ends_is_told_of_once_before_and_once_after()
    {
        var now = TimeProvider.System.GetUtcNow();
        var time = new FakeTimeProvider(now);
        await using var site = await BackupSite.StartAsync(time);
        var key = await site.ImportAndConfirmAsync(await GnuPgKey.MakeAsync(expire: "90d"));
        Assert.Equal((0, false), (await ToldAsync(site), (await OfAsync(site, key)).ExpiresSoon));
        Assert.Contains("\"backup-keys\":\"healthy\"", await HealthAsync(site), StringComparison.Ordinal);

        time.AdjustTime(now.AddDays(61));
        Assert.Equal((1, true), (await ToldAsync(site), (await OfAsync(site, key)).ExpiresSoon));
        Assert.Contains("\"backup-keys\":\"degraded\"", await HealthAsync(site), StringComparison.Ordinal);
        Assert.Equal(1, await ToldAsync(site));

        time.AdjustTime(now.AddDays(91));
        Assert.Equal((2, BackupKeyState.Expired), (await ToldAsync(site), (await OfAsync(site, key)).State));
        Assert.Equal(2, await ToldAsync(site));
        Assert.All(
            await site.Host.CatalogAsync(catalog => catalog.Events.ToListAsync()),
            happened => Assert.Contains(key.Fingerprint!, happened.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_that_is_not_used_is_not_told_of()
    {
        await using var site = await BackupSite.StartAsync();
        var (unconfirmed, retired) = (await GnuPgKey.MakeAsync("One", "10d"), await GnuPgKey.MakeAsync("Two", "10d"));
        await site.ImportAsync(unconfirmed);
        await site.RemoveAsync((await site.ImportAndConfirmAsync(retired)).Id);

        Assert.Equal(0, await ToldAsync(site));
        Assert.Contains("\"backup-keys\":\"healthy\"", await HealthAsync(site), StringComparison.Ordinal);
    }

    /// <summary>Looks, and counts what was ever told.</summary>
    private static async Task<int> ToldAsync(BackupSite site)
    {
        await site.Host.Services.GetServices<IHostedService>().OfType<KeyExpiry>().Single().LookAsync(CancellationToken.None);
        return await site.Host.CatalogAsync(catalog => catalog.Events.CountAsync(e => e.Kind == EventKind.KeyExpiring));
    }

    /// <summary>As the API would show it; a sign-in doesn't last as long as these clocks jump.</summary>
    private static async Task<BackupKey> OfAsync(BackupSite site, BackupKey key) => BackupKeysApi.ToWire(
        await site.Host.CatalogAsync(catalog => catalog.BackupKeys.SingleAsync(k => k.Id == key.Id)),
        site.Host.Services.GetRequiredService<TimeProvider>().GetUtcNow(),
        new KeyOptions());

    private static async Task<string> HealthAsync(BackupSite site)
    {
        using var health = await site.Host.Http.GetAsync("/readyz");
        return await health.Content.ReadAsStringAsync();
    }
}
