using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Controller.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Backstay.Controller.Tests.Backups;

/// <summary>Several controllers on one catalog let backups begin, without knowing of each other.</summary>
public sealed class SeveralAdmitTests : IAsyncDisposable
{
    private readonly string _shared = Directory.CreateTempSubdirectory("backstay-test-").FullName;
    private readonly List<BackupSite> _sites = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var site in _sites)
            await site.DisposeAsync();
        Directory.Delete(_shared, recursive: true);
        if (TestPostgres.IsAsked)
            await (await TestPostgres.CurrentAsync()).ReturnAsync(Database);
    }

    private string Database => Path.GetFileName(_shared);

    [Fact]
    public async Task The_limit_in_all_holds_while_many_admit_and_end_at_once_and_all_come_to_an_end()
    {
        const int InAll = 5;
        var (one, other) = (await StartAsync(InAll, here: 100), await StartAsync(InAll, here: 100));
        await AddWaitingAsync(one, 80);
        using var done = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            var most = 0;
            while (!done.IsCancellationRequested)
                most = Math.Max(most, await RunningAsync(one));
            return most;
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => WorkAsync(i % 2 == 0 ? one : other))));
        await done.CancelAsync();

        Assert.Equal(InAll, await watching);
        Assert.Equal(80, await one.Host.CatalogAsync(catalog => catalog.Backups.CountAsync(b => b.State == BackupState.Failed && b.Admitted != null)));
    }

    [Fact]
    public async Task Each_controller_adds_as_many_as_its_own_limit()
    {
        var one = await StartAsync(inAll: 5, here: 2);
        await AddWaitingAsync(one, 10);
        await AdmitAsync(one);
        Assert.Equal(2, await RunningAsync(one));

        var other = await StartAsync(inAll: 5, here: 2);
        await AdmitAsync(other);
        Assert.Equal(4, await RunningAsync(one));

        var third = await StartAsync(inAll: 5, here: 2);
        await AdmitAsync(third);
        Assert.Equal(5, await RunningAsync(one));

        // Whoever ends a backup, the place is that of the controller that had given it.
        var ended = await one.Host.CatalogAsync(catalog => catalog.Backups
            .Where(b => b.AdmittedBy == Id(one)).OrderBy(b => b.Id).Select(b => b.Id).FirstAsync());
        await EndAsync(other, ended);
        await AdmitAsync(other);
        await AdmitAsync(one);
        Assert.Equal(5, await RunningAsync(one));
    }

    [Fact]
    public async Task A_controller_that_was_restarted_still_counts_those_it_had_admitted()
    {
        var folder = Path.Combine(_shared, "restarted");
        var one = await StartAsync(inAll: 50, here: 2, folder);
        await AddWaitingAsync(one, 5);
        await AdmitAsync(one);
        var id = Id(one);
        _sites.Remove(one);
        await one.DisposeAsync();

        one = await StartAsync(inAll: 50, here: 2, folder);
        await AdmitAsync(one);
        Assert.Equal(id, Id(one));
        Assert.Equal(2, await RunningAsync(one));
    }

    [Fact]
    public async Task A_controller_with_a_name_still_counts_those_it_had_admitted_when_its_data_folder_is_gone()
    {
        var one = await StartAsync(inAll: 50, here: 2, name: "controller-1");
        await AddWaitingAsync(one, 8);
        await AdmitAsync(one);
        _sites.Remove(one);
        await one.DisposeAsync();

        one = await StartAsync(inAll: 50, here: 2, name: "controller-1");
        await AdmitAsync(one);
        Assert.Equal(2, await RunningAsync(one));

        await AdmitAsync(await StartAsync(inAll: 50, here: 2, name: "controller-2"));
        Assert.Equal(4, await RunningAsync(one));
    }

    private async Task<BackupSite> StartAsync(int inAll, int here, string? folder = null, string name = "")
    {
        var settings = new Dictionary<string, string?>
        {
            ["Catalog:Provider"] = "sqlite",
            ["Catalog:File"] = Path.Combine(_shared, "catalog.db"),
            ["Storage:Folder"] = Path.Combine(_shared, "store"),
            ["Controller:Name"] = name,
            ["Backups:MaxParallel"] = $"{inAll}",
            ["Backups:MaxParallelPerController"] = $"{here}",
        };
        if (TestPostgres.IsAsked)
        {
            settings["Catalog:Provider"] = "postgres";
            settings["Catalog:ConnectionString"] = await (await TestPostgres.CurrentAsync()).DatabaseAsync(Database);
        }

        // Workers that look by themselves would hide what the tests ask for.
        var site = await BackupSite.StartAsync(
            settings: settings,
            folder: folder,
            services: services => services.Remove(services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType == typeof(AdmissionWorker))));
        _sites.Add(site);
        return site;
    }

    private static async Task AddWaitingAsync(BackupSite site, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var agent = await site.AddApplianceAsync();
            await site.Host.AddBackupAsync(agent.ApplianceId, BackupState.Pending);
        }
    }

    /// <summary>Lets begin and ends, until nothing is left.</summary>
    private static async Task WorkAsync(BackupSite site)
    {
        while (true)
        {
            await AdmitAsync(site);
            var running = await site.Host.CatalogAsync(catalog => catalog.Backups
                .Where(b => b.State < BackupState.Succeeded)
                .OrderBy(b => b.Created)
                .Select(b => new { b.Id, b.Admitted })
                .Take(5)
                .ToListAsync());
            if (running.Count == 0)
                return;
            foreach (var backup in running.Where(b => b.Admitted != null))
                await EndAsync(site, backup.Id);
        }
    }

    private static async Task EndAsync(BackupSite site, Guid backup)
    {
        await using var scope = site.Host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<BackupEnding>().FailAsync(backup, BackupFailure.Cancelled("test"), CancellationToken.None);
    }

    private static Task AdmitAsync(BackupSite site) => site.Host.Services.GetRequiredService<Admission>().AdmitAsync(CancellationToken.None);

    private static Task<int> RunningAsync(BackupSite site) => site.Host.CatalogAsync(catalog =>
        catalog.Backups.CountAsync(b => b.State < BackupState.Succeeded && b.Admitted != null));

    private static Guid Id(BackupSite site) => site.Host.Services.GetRequiredService<ControllerIdentity>().Id;
}
