using System.Net;
using Backstay.Controller.Catalog;
using Backstay.Controller.Retention;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Retention;

/// <summary>The policies went with the catalog, and the archives that they kept came back without them.</summary>
public sealed class RebuiltCatalogTests
{
    private const int Archives = 27;

    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly string Default = $"/admin/retention-policies/{RetentionPolicyEntity.DefaultId}";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_400_days_of_archives_nothing_goes_before_somebody_has_confirmed_the_default_policy(bool startedBefore)
    {
        await using var site = await RebuiltAsync(startedBefore);

        Assert.Equal(0, await site.Host.RoundAsync());

        Assert.Equal(Archives, await site.Host.CatalogAsync(catalog => catalog.Backups.CountAsync(b => b.Deleted == null)));
        using (var ready = await site.Host.Http.GetAsync("/readyz"))
        {
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
            Assert.Contains("\"retention-policies\":\"degraded\"", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var kept = Assert.Single((await PreviewAsync(site, new RetentionPreviewRequest())).Data);
        Assert.Equal((Archives, 0), (kept.Kept, kept.Going));
        Assert.All(kept.Backups, verdict => Assert.Contains(new RetentionReason(RetentionRule.Unconfirmed, "Default"), verdict.Reasons));

        // What it would let go is known before it is confirmed.
        var policy = await PolicyAsync(site);
        Assert.True(policy.AwaitsConfirmation);
        var going = Assert.Single((await PreviewAsync(site, new RetentionPreviewRequest(policy))).Data).Going;
        Assert.InRange(going, 15, Archives - 7);

        using (var saved = await site.SendAsync(HttpMethod.Put, Default, json: policy))
            Assert.False((await saved.AssertOkAsync(AdminJson.Default.RetentionPolicy)).AwaitsConfirmation);
        Assert.Equal(going, await site.Host.RoundAsync());
        using var after = await site.Host.Http.GetAsync("/readyz");
        Assert.Contains("\"retention-policies\":\"healthy\"", await after.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_is_made_again_is_in_force_for_what_it_selects()
    {
        await using var site = await RebuiltAsync(startedBefore: false);
        await site.AddPolicyAsync(new(null, "lab", Appliances: new(Tags: ["lab"]), KeepLast: 1));
        Assert.Equal(0, await site.Host.RoundAsync());

        await site.AddPolicyAsync(new(null, "monthly", Appliances: new(All: true), KeepMonthly: 12));

        Assert.InRange((await site.Host.RoundAsync())!.Value, 1, Archives - 12);
    }

    [Fact]
    public async Task The_default_policy_of_a_new_catalog_needs_no_confirmation()
    {
        await using var site = await RetentionSite.StartAsync();

        Assert.False((await PolicyAsync(site)).AwaitsConfirmation);
    }

    /// <summary>One appliance's archives of 400 days, a fortnight apart, in a catalog that knows nothing but what lies beside them.</summary>
    /// <param name="startedBefore">A controller was started on the empty catalog before it was rebuilt.</param>
    private static async Task<BackupSite> RebuiltAsync(bool startedBefore)
    {
        var site = await RetentionSite.StartAsync();
        var services = site.Host.Services;
        var store = services.GetRequiredService<IArchiveStore>();
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var (backup, archive) = await site.MakeBackupAsync(await site.AddOnlineAsync(), size: 100);
        var sidecar = ArchiveSidecar.FromJson(await store.ReadSidecarAsync(new ArchiveKey(backup, 1), Never));
        for (var i = 1; i < Archives; i++)
        {
            var created = now.AddDays(-400d * i / (Archives - 1));
            var made = sidecar with { BackupId = Guid.CreateVersion7(created), Created = created, Started = created, Completed = created.AddMinutes(1) };
            await store.BeginAsync(made.Key, Never);
            var tag = await store.WritePartAsync(made.Key, new PartSlot(1, 0, archive.Length), new MemoryStream(archive), Never);
            await store.FinishAsync(made.Key, [new StoredPart(1, archive.Length, tag)], Never);
            await store.WriteSidecarAsync(made.Key, made.ToJson(), Never);
        }

        await site.Host.CatalogAsync(async catalog =>
        {
            await catalog.Backups.ExecuteDeleteAsync();
            await catalog.Appliances.ExecuteDeleteAsync();
            await catalog.RetentionPolicies.ExecuteDeleteAsync();
            await catalog.RetentionState.ExecuteDeleteAsync();
        });
        if (startedBefore)
            await site.Host.CatalogAsync(catalog => DefaultPolicy.MakeAsync(catalog, now, Never));
        await using (var scope = services.CreateAsyncScope())
            await ActivatorUtilities.CreateInstance<CatalogRebuild>(scope.ServiceProvider).RunAsync(Assert.Fail, (_, _) => { }, Never);
        await site.Host.CatalogAsync(catalog => DefaultPolicy.MakeAsync(catalog, now, Never));
        return site;
    }

    private static async Task<RetentionPolicy> PolicyAsync(BackupSite site)
    {
        using var answer = await site.SendAsync(HttpMethod.Get, Default);
        return await answer.AssertOkAsync(AdminJson.Default.RetentionPolicy);
    }

    private static async Task<PagedList<RetentionPreview>> PreviewAsync(BackupSite site, RetentionPreviewRequest request)
    {
        using var answer = await site.SendAsync(HttpMethod.Post, "/admin/retention-policies/preview", json: request);
        return await answer.AssertOkAsync(AdminJson.Default.PagedListRetentionPreview);
    }
}
