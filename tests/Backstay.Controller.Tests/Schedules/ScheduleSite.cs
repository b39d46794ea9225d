using System.Net.Http.Json;
using Backstay.Controller.Access;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Controller.Schedules;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Backstay.Controller.Tests.Schedules;

/// <summary>
/// Controllers on one catalog that look for due runs when the test says so, by a clock that the test moves. Appliances are rows: whether
/// they are online is what the test writes.
/// </summary>
internal sealed class ScheduleSite : IAsyncDisposable
{
    private readonly string _shared = Directory.CreateTempSubdirectory("backstay-test-").FullName;
    private readonly List<BackupSite> _sites = [];

    private ScheduleSite()
    {
    }

    public SetClock Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public ControllerHost Host => _sites[0].Host;

    public HttpClient Admin { get; private set; } = null!;

    public static async Task<ScheduleSite> StartAsync(int controllers = 1)
    {
        var site = new ScheduleSite();
        try
        {
            for (var i = 0; i < controllers; i++)
                site._sites.Add(await site.StartControllerAsync());
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }

        site.Admin = site._sites[0].Admin;
        return site;
    }

    /// <summary>After a day, when the token is over.</summary>
    public async Task SignInAgainAsync() => Admin = await Host.AdminAsync();

    public Task EnableAsync(bool enabled) => _sites[0].EnableAsync(enabled);

    /// <summary>All controllers look, at the same time.</summary>
    public Task LookAsync() => Task.WhenAll(_sites.Select(site =>
        Task.Run(() => site.Host.Services.GetRequiredService<ScheduleRunner>().LookAsync(CancellationToken.None))));

    public async Task PassAsync(TimeSpan time)
    {
        Time.Advance(time);
        await LookAsync();
    }

    /// <summary>An activated appliance.</summary>
    public async Task<Guid> AddApplianceAsync(string name, bool online = true, string[]? tags = null, ApplianceFunctions functions = ApplianceFunctions.LogServer)
    {
        var now = Time.GetUtcNow();
        var appliance = new ApplianceEntity
        {
            Id = Guid.NewGuid(),
            Name = name,
            Tags = [.. tags ?? []],
            Functions = functions,
            Created = now,
            Updated = now,
            CredentialHash = TokenAuthentication.HashOf(TokenAuthentication.NewToken()),
            OnlineUntil = online ? now.AddYears(9) : null,
        };
        await Host.CatalogAsync(async catalog =>
        {
            catalog.Appliances.Add(appliance);
            await catalog.SaveChangesAsync();
        });
        return appliance.Id;
    }

    public Task SetOnlineAsync(Guid appliance, bool online)
    {
        DateTimeOffset? until = online ? Time.GetUtcNow().AddYears(9) : null;
        return Host.CatalogAsync(catalog => catalog.Appliances
            .Where(a => a.Id == appliance)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.OnlineUntil, until)));
    }

    public async Task<BackupSchedule> AddScheduleAsync(BackupSchedule schedule) =>
        await (await Admin.PostAsJsonAsync("/admin/backup-schedules", schedule, AdminJson.Default.BackupSchedule))
            .AssertOkAsync(AdminJson.Default.BackupSchedule);

    public async Task<BackupSchedule> ChangeAsync(BackupSchedule schedule) =>
        await (await Admin.PutAsJsonAsync($"/admin/backup-schedules/{schedule.Id}", schedule, AdminJson.Default.BackupSchedule))
            .AssertOkAsync(AdminJson.Default.BackupSchedule);

    public async Task<IReadOnlyList<ScheduledAppliance>> RunsAsync(BackupSchedule schedule) =>
        (await Admin.GetFromJsonAsync(
            $"/admin/backup-schedules/{schedule.Id}/appliances", AdminJson.Default.PagedListScheduledAppliance))!.Data;

    public async Task<ScheduledAppliance> RunAsync(BackupSchedule schedule, Guid appliance) =>
        (await RunsAsync(schedule)).Single(run => run.ApplianceId == appliance);

    public Task<List<BackupEntity>> BackupsAsync() =>
        Host.CatalogAsync(catalog => catalog.Backups.AsNoTracking().OrderBy(b => b.Created).ToListAsync());

    public Task<List<AuditEntity>> AuditAsync(string action) =>
        Host.CatalogAsync(catalog => catalog.AuditLog.AsNoTracking().Where(line => line.Action == action).OrderBy(line => line.Sequence).ToListAsync());

    /// <summary>Every backup that is under way comes to a bad end.</summary>
    public async Task EndBackupsAsync()
    {
        foreach (var backup in (await BackupsAsync()).Where(b => b.State < BackupState.Succeeded))
        {
            await using var scope = Host.Services.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<BackupEnding>().FailAsync(backup.Id, BackupFailure.Cancelled("test"), CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var site in _sites)
            await site.DisposeAsync();
        Directory.Delete(_shared, recursive: true);
        if (TestPostgres.IsAsked)
            await (await TestPostgres.CurrentAsync()).ReturnAsync(Path.GetFileName(_shared));
    }

    private async Task<BackupSite> StartControllerAsync()
    {
        var settings = new Dictionary<string, string?>
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

        // What looks by itself would hide what the tests ask for: due runs, and backups that nobody answers.
        return await BackupSite.StartAsync(Time, settings, services: services =>
        {
            foreach (var worker in (Type[])[typeof(ScheduleWorker), typeof(AdmissionWorker), typeof(BackupSweepWorker), typeof(VerificationWorker)])
                services.Remove(services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType == worker));
        });
    }
}

/// <summary>A clock that is set. Unlike <c>FakeTimeProvider</c>'s, its timers are real: days that pass don't wake every worker for each of their seconds.</summary>
internal sealed class SetClock(DateTimeOffset start) : TimeProvider
{
    private long _ticks = start.UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
