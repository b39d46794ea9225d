using Backstay.Controller.Catalog;
using Backstay.Controller.Retention;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Retention;

/// <summary>Controllers that do the rounds of retention when a test says so and never by themselves, and backups of any age.</summary>
internal static class RetentionSite
{
    private static readonly CancellationToken Never = CancellationToken.None;

    /// <summary>A controller that believes its clock.</summary>
    public static async Task<BackupSite> StartAsync(
        TimeProvider? time = null, Dictionary<string, string?>? settings = null, Action<IServiceCollection>? services = null)
    {
        // What these tests store is noise, which no clock that jumps should have looked into.
        settings = new(settings ?? []) { ["Verification:ContentEveryDays"] = "0" };
        var site = await BackupSite.StartAsync(time, settings, services: all =>
        {
            all.Remove(all.Single(service => service.ImplementationType == typeof(RetentionWorker)));
            services?.Invoke(all);
        });
        Assert.Equal(0, await site.Host.LookAsync());
        return site;
    }

    /// <summary>
    /// A round by a worker of this controller, whenever the next is due. What was stored is proven first, as the newest proven one
    /// stays.
    /// </summary>
    public static async Task<int?> RoundAsync(this ControllerHost host)
    {
        await host.VerifiedAsync();
        await host.CatalogAsync(catalog => catalog.RetentionState.ExecuteUpdateAsync(
            set => set.SetProperty(s => s.NextRound, (DateTimeOffset?)null)));
        return await host.LookAsync();
    }

    /// <summary>Waits until every archive was looked at.</summary>
    public static Task VerifiedAsync(this ControllerHost host)
    {
        host.Services.GetRequiredService<VerificationHint>().Wake(); // who put them into the catalog may have told nobody
        return BackupSite.EventuallyAsync(
            () => host.CatalogAsync(catalog => catalog.Backups.AllAsync(
                b => b.State != BackupState.Succeeded || b.Deleted != null || b.Verification != VerificationState.Pending)),
            "verified");
    }

    /// <summary>Lets a worker of this controller look whether a round is due.</summary>
    public static Task<int?> LookAsync(this ControllerHost host) =>
        ActivatorUtilities.CreateInstance<RetentionWorker>(host.Services).LookAsync(Never);

    /// <summary>Says that a backup was made so long ago.</summary>
    public static Task AgeAsync(this BackupSite site, Guid backup, TimeSpan age) => site.Host.CatalogAsync(catalog =>
    {
        var created = site.Host.Services.GetRequiredService<TimeProvider>().GetUtcNow() - age;
        return catalog.Backups.Where(b => b.Id == backup).ExecuteUpdateAsync(set => set.SetProperty(b => b.Created, created));
    });

    /// <summary>A new policy, by a call.</summary>
    public static async Task<RetentionPolicy> AddPolicyAsync(this BackupSite site, RetentionPolicy policy)
    {
        using var answer = await site.SendAsync(HttpMethod.Post, "/admin/retention-policies", json: policy);
        return await answer.AssertOkAsync(AdminJson.Default.RetentionPolicy);
    }

    public static Task<bool> IsStoredAsync(this BackupSite site, Guid backup) => IsStoredAsync(site.Host, backup);

    public static async Task<bool> IsStoredAsync(this ControllerHost host, Guid backup) =>
        await host.Services.GetRequiredService<OpenedStore>().Store.GetLengthAsync(new ArchiveKey(backup, 1), Never) is not null;
}
