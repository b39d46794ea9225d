using System.Net.Http.Json;
using Backstay.Controller.Access;
using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Controller.Monitoring;
using Backstay.Controller.Objectives;
using Backstay.Controller.Tests.Schedules;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Backstay.Controller.Tests.Objectives;

/// <summary>
/// Controllers on one catalog that compare appliances with their objectives, and send events, when the test says so, by a clock that the test
/// moves. Appliances and backups are rows.
/// </summary>
internal sealed class WatchSite : IAsyncDisposable
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly string _shared = Directory.CreateTempSubdirectory("backstay-test-").FullName;
    private readonly List<ControllerHost> _hosts = [];

    private WatchSite()
    {
    }

    public SetClock Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public ControllerHost Host => _hosts[0];

    public static async Task<WatchSite> StartAsync(int controllers = 1, Dictionary<string, string?>? settings = null)
    {
        var site = new WatchSite();
        try
        {
            for (var i = 0; i < controllers; i++)
                site._hosts.Add(await site.StartControllerAsync(settings ?? []));
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }

        return site;
    }

    /// <summary>All controllers do a round at the same moment, whether or not one is due.</summary>
    public Task RoundAsync() => Task.WhenAll(_hosts.Select(host => Task.Run(async () =>
    {
        await using var scope = host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<WatchRound>().RunAsync(Never);
    })));

    /// <summary>All controllers look whether a round is due, at the same moment; answers how many did one.</summary>
    public async Task<int> LookAsync() => (await Task.WhenAll(_hosts.Select(host => Task.Run(
        () => ActivatorUtilities.CreateInstance<ObjectiveWatch>(host.Services).LookAsync(Never))))).Count(did => did);

    /// <summary>All controllers turn events into deliveries at the same moment.</summary>
    public Task DispatchAsync() => Task.WhenAll(_hosts.Select(host => Task.Run(
        () => host.Services.GetRequiredService<EventDispatch>().DispatchAsync(Never))));

    public async Task PassAsync(TimeSpan time)
    {
        Time.Advance(time);
        await RoundAsync();
    }

    /// <summary>An appliance that was enrolled now.</summary>
    public async Task<Guid> AddApplianceAsync(string name, string[]? tags = null, bool activated = true)
    {
        var now = Time.GetUtcNow();
        var appliance = new ApplianceEntity
        {
            Id = Guid.NewGuid(),
            Name = name,
            Tags = [.. tags ?? []],
            Created = now.AddYears(-1),
            Updated = now,
            Enrolled = now,
            CredentialHash = activated ? TokenAuthentication.HashOf(TokenAuthentication.NewToken()) : null,
        };
        await Host.CatalogAsync(async catalog =>
        {
            catalog.Appliances.Add(appliance);
            await catalog.SaveChangesAsync();
        });
        return appliance.Id;
    }

    /// <summary>A backup that was asked for and ended now.</summary>
    public async Task<Guid> AddBackupAsync(
        Guid appliance,
        BackupState state = BackupState.Succeeded,
        VerificationState? verification = VerificationState.Verified,
        bool proven = false,
        TimeSpan age = default)
    {
        var time = Time.GetUtcNow() - age;
        var backup = new BackupEntity
        {
            Id = Guid.NewGuid(),
            ApplianceId = appliance,
            State = state,
            Logs = false,
            Audit = false,
            RequestedBy = "test",
            Created = time,
            Ended = time,
            LeaseUntil = time,
            Deadline = time,
            Envelope = [],
            Reason = state == BackupState.Failed ? FailureReason.SourceFailed : null,
            Verification = state == BackupState.Succeeded ? verification : null,
            ContentVerified = proven ? time : null,
        };
        await Host.CatalogAsync(async catalog =>
        {
            catalog.Backups.Add(backup);
            await catalog.SaveChangesAsync();
        });
        return backup.Id;
    }

    public async Task<BackupObjective> AddObjectiveAsync(BackupObjective objective)
    {
        using var admin = await Host.AdminAsync();
        using var answer = await admin.PostAsJsonAsync("/admin/backup-objectives", objective, AdminJson.Default.BackupObjective);
        return await answer.AssertOkAsync(AdminJson.Default.BackupObjective);
    }

    public async Task<Fleet> FleetAsync(string query = "", HttpClient? client = null)
    {
        using var answer = await (client ?? await Host.AdminAsync()).GetAsync($"/admin/fleet{query}");
        return await answer.AssertOkAsync(AdminJson.Default.Fleet);
    }

    /// <summary>The kinds of all events, oldest first.</summary>
    public Task<List<EventKind>> KindsAsync() =>
        Host.CatalogAsync(catalog => catalog.Events.OrderBy(e => e.Time).ThenBy(e => e.Id).Select(e => e.Kind).ToListAsync());

    public Task<List<EventEntity>> EventsAsync() =>
        Host.CatalogAsync(catalog => catalog.Events.AsNoTracking().OrderBy(e => e.Time).ThenBy(e => e.Id).ToListAsync());

    /// <summary>Takes an event in, as whoever it happens to does.</summary>
    public Task TellAsync(EventKind kind, Guid? appliance, string message) => Host.CatalogAsync(async catalog =>
    {
        Host.Services.GetRequiredService<EventOutbox>().Add(catalog, kind, appliance, backupId: null, message);
        await catalog.SaveChangesAsync();
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        Directory.Delete(_shared, recursive: true);
        if (TestPostgres.IsAsked)
            await (await TestPostgres.CurrentAsync()).ReturnAsync(Path.GetFileName(_shared));
    }

    private async Task<ControllerHost> StartControllerAsync(Dictionary<string, string?> more)
    {
        var settings = new Dictionary<string, string?>(more)
        {
            ["Catalog:Provider"] = "sqlite",
            ["Catalog:File"] = Path.Combine(_shared, "catalog.db"),
            ["Storage:Folder"] = Path.Combine(_shared, "store"),
        };
        if (TestPostgres.IsAsked)
        {
            settings["Catalog:Provider"] = "postgres";
            settings["Catalog:ConnectionString"] = await (await TestPostgres.CurrentAsync()).DatabaseAsync(Path.GetFileName(_shared));
        }

        return await ControllerHost.StartAsync(Time, settings, services: services =>
        {
            foreach (var worker in (Type[])[typeof(ObjectiveWatch), typeof(EventDispatcher), typeof(DeadMansSwitch)])
                services.Remove(services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType == worker));
        });
    }
}
