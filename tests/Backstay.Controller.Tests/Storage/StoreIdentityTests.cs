using System.Net;
using Backstay.Controller.Retention;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Commands;
using Backstay.Controller.Tests.Retention;
using Backstay.Controller.Tests.Verification;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Storage;

/// <summary>A store that isn't the catalog's own says nothing about the archives of the catalog.</summary>
public sealed class StoreIdentityTests : IDisposable
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;

    private string Store => Path.Combine(_folder, "store");

    private string Aside => Path.Combine(_folder, "aside");

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_it_is_not_mounted_nothing_is_damaged_pruned_swept_or_said_to_be_gone(bool anotherInItsPlace)
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var (old, _) = await site.MakeBackupAsync(agent);
        var (newest, archive) = await site.MakeBackupAsync(agent);
        await site.AddPolicyAsync(new(null, "keep one", Appliances: new(All: true), KeepLast: 1));
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.Verification, VerificationState.Pending)));
        Directory.Move(Store, Aside);
        Open(Store); // the folders that a start makes where nothing is mounted
        if (anotherInItsPlace)
            await Marker(Store).WriteAsync(Guid.NewGuid(), Never);

        await site.VerifyAllAsync();
        Assert.Null(await site.Host.LookAsync());
        await Assert.ThrowsAsync<ArchiveStoreException>(
            () => ActivatorUtilities.CreateInstance<OrphanSweep>(site.Host.Services).SweepAsync(Never));
        using (var download = await site.Admin.GetAsync(BackupSite.Path(agent, newest)))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, download.StatusCode);
        using (var ready = await site.Host.Http.GetAsync("/readyz"))
            Assert.Contains("\"store\":\"degraded\"", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using (var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, old)))
            Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        Assert.NotNull((await site.RowAsync(old))!.Deleted); // until the store is there
        Assert.Equal(VerificationState.Pending, (await site.RowAsync(newest))!.Verification);

        Directory.Delete(Store, recursive: true);
        Directory.Move(Aside, Store);
        await site.Host.CatalogAsync(catalog => catalog.Verifications.ExecuteUpdateAsync(set => set.SetProperty(v => v.ClaimUntil, (DateTimeOffset?)null)));
        await site.VerifyAllAsync();
        Assert.Equal(VerificationState.Verified, (await site.RowAsync(newest))!.Verification);
        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, newest)));
    }

    [Fact]
    public async Task An_archive_that_is_gone_while_its_store_is_there_is_damaged()
    {
        await using var site = await StartAsync();
        var (backup, _) = await site.MakeBackupAsync(await site.AddOnlineAsync());
        File.Delete(Path.Combine(Store, "archives", $"{backup}.1.gpg"));
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.Verification, VerificationState.Pending)));

        await site.VerifyAllAsync();

        Assert.Equal(VerificationState.Damaged, (await site.RowAsync(backup))!.Verification);
    }

    [Fact]
    public async Task A_start_on_another_store_is_refused_until_it_is_adopted()
    {
        await using (var site = await StartAsync())
            await site.MakeBackupAsync(await site.AddOnlineAsync());
        string[] elsewhere = ["--data", Data, "--Catalog:Provider=sqlite", $"--Storage:Folder={Aside}", "--Listen:Urls=https://127.0.0.1:0"];

        var (code, _, errors) = await ControllerProgram.RunAsync(elsewhere);
        Assert.Equal(1, code);
        Assert.Contains($"folder {Aside} isn't the store whose archives the catalog lists", errors, StringComparison.Ordinal);
        Assert.Contains("Is it mounted", errors, StringComparison.Ordinal);
        var (rebuild, _, _) = await ControllerProgram.RunAsync(["catalog", "rebuild", .. elsewhere]);
        Assert.Equal(1, rebuild);
        Assert.Null(await Marker(Aside).ReadAsync(Never));

        var (adopt, output, _) = await ControllerProgram.RunAsync(["store", "adopt", .. elsewhere]);
        Assert.Equal(0, adopt);
        Assert.Contains($"folder {Aside}", output, StringComparison.Ordinal);
        await using var moved = await StartAsync(Aside);
        await moved.MakeBackupAsync(await moved.AddOnlineAsync());
    }

    [Fact]
    public async Task A_copy_takes_the_place_of_its_store_and_a_rebuild_finds_it_in_an_empty_catalog()
    {
        Guid backup;
        await using (var site = await StartAsync())
            (backup, _) = await site.MakeBackupAsync(await site.AddOnlineAsync());
        var (copied, output, _) = await ControllerProgram.RunAsync("store", "copy", "--data", Data, $"--Storage:Folder={Store}", $"--To:Folder={Aside}");
        Assert.True(copied == 0, output);
        Assert.Equal(await Marker(Store).ReadAsync(Never), await Marker(Aside).ReadAsync(Never));

        await using (var site = await StartAsync(Aside))
            Assert.True(await site.Host.IsStoredAsync(backup));

        var other = Path.Combine(_folder, "other");
        var (rebuilt, _, errors) = await ControllerProgram.RunAsync(
            "catalog", "rebuild", "--data", other, "--Catalog:Provider=sqlite", $"--Storage:Folder={Aside}");
        Assert.True(rebuilt == 0, errors);
        await using var again = await StartAsync(Aside, other);
        Assert.NotNull(await again.RowAsync(backup));
    }

    [Fact]
    public async Task A_catalog_from_before_stores_had_ids_adopts_the_store_that_has_its_archives_and_no_other()
    {
        await using var site = await StartAsync();
        await site.MakeBackupAsync(await site.AddOnlineAsync());
        await ForgetAsync(site);

        var wrong = await new StoreIdentity(Opened(Aside), Scopes(site)).SettleAsync(mark: true, Never);
        Assert.Contains("none of the 1 newest archives", wrong, StringComparison.Ordinal);
        Assert.Null(await Marker(Aside).ReadAsync(Never));
        Assert.False(await site.Host.CatalogAsync(catalog => catalog.Store.AnyAsync()));

        Assert.Null(await new StoreIdentity(Opened(Store), Scopes(site)).SettleAsync(mark: true, Never));
        var row = await site.Host.CatalogAsync(catalog => catalog.Store.AsNoTracking().SingleAsync());
        Assert.Equal((await Marker(Store).ReadAsync(Never), true), (row.StoreId, row.Marked));
    }

    [Fact]
    public async Task Controllers_that_begin_at_once_and_one_that_was_interrupted_agree_on_one_id()
    {
        await using var site = await StartAsync();
        await site.MakeBackupAsync(await site.AddOnlineAsync());
        await ForgetAsync(site);

        var problems = await Task.WhenAll(Enumerable.Range(0, 6).Select(
            _ => Task.Run(() => new StoreIdentity(Opened(Store), Scopes(site)).SettleAsync(mark: true, Never))));
        Assert.All(problems, Assert.Null);
        var id = await Marker(Store).ReadAsync(Never);
        Assert.Equal(id, await site.Host.CatalogAsync(catalog => catalog.Store.Select(s => s.StoreId).SingleAsync()));

        // The row is there, and the store hasn't got the id yet.
        File.Delete(Path.Combine(Store, "archives", StoreMarker.Name));
        await site.Host.CatalogAsync(catalog => catalog.Store.ExecuteUpdateAsync(set => set.SetProperty(s => s.Marked, false)));
        await new StoreIdentity(Opened(Store), Scopes(site)).RequireAsync(Never);
        Assert.Equal(id, await Marker(Store).ReadAsync(Never));
    }

    [Fact]
    public async Task A_bucket_has_its_id_under_its_prefix()
    {
        var options = await CephBucket.MakeAsync();
        options.Prefix = "site-1";
        using var connection = new S3Connection(options);
        var marker = new S3StoreMarker(connection);
        Assert.Null(await marker.ReadAsync(Never));
        var id = Guid.NewGuid();
        await marker.WriteAsync(id, Never);
        Assert.Equal(id, await marker.ReadAsync(Never));

        options.Prefix = "site-2";
        using var another = new S3Connection(options);
        Assert.Null(await new S3StoreMarker(another).ReadAsync(Never));
        options.Bucket = "there-is-none";
        using var gone = new S3Connection(options);
        Assert.Equal(
            StoreFault.Unavailable, (await Assert.ThrowsAsync<ArchiveStoreException>(() => new S3StoreMarker(gone).ReadAsync(Never))).Fault);
    }

    private Task<BackupSite> StartAsync(string? store = null, string? data = null)
    {
        Directory.CreateDirectory(data ?? Data);
        return BackupSite.StartAsync(
            settings: new()
            {
                ["Catalog:Provider"] = "sqlite",
                ["Storage:Folder"] = store ?? Store,
                ["Verification:ContentEveryDays"] = "0",
            },
            folder: data ?? Data,
            services: services =>
            {
                VerificationSite.Idle(services);
                services.Remove(services.Single(service => service.ImplementationType == typeof(RetentionWorker)));
            });
    }

    private static FolderStoreMarker Marker(string folder) => new(Options.Create(new FolderStoreOptions { Folder = folder }));

    private static FolderArchiveStore Open(string folder) => new(Options.Create(new FolderStoreOptions { Folder = folder, MinimumFreeSpace = 0 }));

    private static OpenedStore Opened(string folder) => new($"folder {folder}", Open(folder), null!, Marker(folder));

    private static IServiceScopeFactory Scopes(BackupSite site) => site.Host.Services.GetRequiredService<IServiceScopeFactory>();

    /// <summary>As a version left it that knew no ids of stores.</summary>
    private async Task ForgetAsync(BackupSite site)
    {
        File.Delete(Path.Combine(Store, "archives", StoreMarker.Name));
        await site.Host.CatalogAsync(catalog => catalog.Store.ExecuteDeleteAsync());
    }
}
