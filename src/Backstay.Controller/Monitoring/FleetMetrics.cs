using System.Diagnostics.Metrics;
using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Controller.Objectives;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Monitoring;

/// <summary>
/// The meter <c>Backstay.Fleet</c>: what the catalog says, and so the same on every controller. It is read when somebody asks, at most once
/// in <see cref="FreshFor"/>.
/// </summary>
internal sealed class FleetMetrics : IDisposable
{
    public const string MeterName = "Backstay.Fleet";

    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(10);

    private readonly IServiceScopeFactory _scopes;
    private readonly MetricsOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _reading = new(1);
    private volatile Snapshot _snapshot = new([], [], [], [], [], [], 0, 0, null);
    private DateTimeOffset? _read;

    public FleetMetrics(IMeterFactory meters, IServiceScopeFactory scopes, IOptions<MetricsOptions> options, TimeProvider time)
    {
        (_scopes, _options, _time) = (scopes, options.Value, time);
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge(
            "backstay.fleet.appliances", () => _snapshot.States, "{appliance}", "Appliances by how they stand to their objectives (state).");
        meter.CreateObservableGauge(
            "backstay.appliance.good.age", () => _snapshot.Good, "s", "Age of the newest good backup, of the worst appliances. Absent: there is none.");
        meter.CreateObservableGauge(
            "backstay.appliance.proven.age", () => _snapshot.Proven, "s", "Age of the newest proven backup, of the worst appliances. Absent: there is none.");
        meter.CreateObservableGauge(
            "backstay.backups.kept", () => _snapshot.Kept, "{backup}", "Backups that are kept, by what is known of their stored bytes (verification).");
        meter.CreateObservableGauge(
            "backstay.verifications.waiting", () => _snapshot.Queued, "{verification}", "Verifications that wait or run, by strength; drills included.");
        meter.CreateObservableGauge(
            "backstay.proofs.oldest.age",
            () => _snapshot.Oldest,
            "s",
            "The longest that a kept backup that isn't damaged has gone without a proof of a strength; of drills: an appliance that was ever drilled.");
        meter.CreateObservableGauge(
            "backstay.schedules.missed", () => _snapshot.Missed, "{appliance}", "Appliances whose last run of a schedule was missed.");
        meter.CreateObservableGauge(
            "backstay.notifications.pending", () => _snapshot.Pending, "{delivery}", "Notifications that are still to be delivered.");
        meter.CreateObservableGauge(
            "backstay.watch.round.age",
            () => _snapshot.RoundAge is { } age ? [new Measurement<double>(age)] : Array.Empty<Measurement<double>>(),
            "s",
            "Since appliances were last compared with their objectives. Absent: never.");
    }

    /// <summary>Reads the catalog, unless that was done just now. When it can't be reached, the last figures stay.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            var now = _time.GetUtcNow();
            if (_read is { } read && (now - read).Duration() < FreshFor)
                return;

            await using var scope = _scopes.CreateAsyncScope();
            _snapshot = await ReadAsync(scope.ServiceProvider, now, cancellationToken);
            _read = now;
        }
        catch (Exception exception) when (CatalogErrors.IsOutage(exception))
        {
            // CatalogReach has told.
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose() => _reading.Dispose();

    private async Task<Snapshot> ReadAsync(IServiceProvider services, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var catalog = services.GetRequiredService<CatalogContext>();
        var fleet = await services.GetRequiredService<FleetReader>().ReadAsync(catalog.Appliances, now, cancellationToken);
        var worst = fleet.Where(standing => standing.Appliance.Activated).Take(_options.MaxAppliances).ToList();
        var kept = await catalog.Backups
            .Where(b => b.State == BackupState.Succeeded && b.Deleted == null)
            .GroupBy(b => b.Verification)
            .Select(group => new { Verification = group.Key, Count = group.LongCount() })
            .ToListAsync(cancellationToken);
        var round = await catalog.WatchState.Select(s => s.LastRound).SingleAsync(cancellationToken);
        return new Snapshot(
            [
                .. Enum.GetValues<ProtectionState>().Select(state =>
                    new Measurement<long>(fleet.LongCount(standing => standing.State == state), Tag("state", Word(state)))),
            ],
            Ages(worst, standing => standing.Good, now),
            Ages(worst, standing => standing.Proven, now),
            [
                .. kept.Select(group => new Measurement<long>(
                    group.Count, Tag("verification", group.Verification is { } known ? Word(known) : Word(VerificationState.Pending)))),
            ],
            await QueuedAsync(catalog, cancellationToken),
            await OldestAsync(catalog, now, cancellationToken),
            await catalog.ScheduledAppliances.LongCountAsync(s => s.State == ScheduledRunState.Missed, cancellationToken),
            await catalog.Deliveries.LongCountAsync(d => d.State == DeliveryState.Pending, cancellationToken),
            round is { } last ? Math.Max(0, (now - last).TotalSeconds) : null);
    }

    private static async Task<Measurement<long>[]> QueuedAsync(CatalogContext catalog, CancellationToken cancellationToken)
    {
        var unfinished = catalog.Verifications.Where(v => v.State < VerificationRunState.Passed);
        return
        [
            new(await unfinished.LongCountAsync(v => v.Strength == VerificationStrength.Digest, cancellationToken), Strength(VerificationStrength.Digest)),
            new(await unfinished.LongCountAsync(v => v.Strength == VerificationStrength.Content, cancellationToken), Strength(VerificationStrength.Content)),
            new(await catalog.Drills.LongCountAsync(d => d.State < DrillState.Passed, cancellationToken), Strength(VerificationStrength.Drill)),
        ];
    }

    /// <summary>Since when the worst backup is unproven. A damaged one had its word; what was never proven counts from its end on.</summary>
    private static async Task<Measurement<double>[]> OldestAsync(CatalogContext catalog, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var sound = catalog.Backups.Where(
            b => b.State == BackupState.Succeeded && b.Deleted == null && b.Verification != VerificationState.Damaged);
        var drilled = catalog.Drills
            .Where(d => d.State == DrillState.Passed && catalog.Appliances.Any(a => a.Id == d.ApplianceId && a.CredentialHash != null))
            .GroupBy(d => d.ApplianceId)
            .Select(drills => drills.Max(d => d.Ended));
        (VerificationStrength Strength, DateTimeOffset? Since)[] oldest =
        [
            (VerificationStrength.Digest, await First(sound.Select(b => b.Verified ?? b.Ended))),
            (VerificationStrength.Content, await First(sound.Select(b => b.ContentVerified ?? b.Ended))),
            (VerificationStrength.Drill, await First(drilled)),
        ];
        return
        [
            .. from proof in oldest
               let seconds = (now - proof.Since)?.TotalSeconds
               where seconds is not null
               select new Measurement<double>(Math.Max(0, seconds.Value), Strength(proof.Strength)),
        ];

        Task<DateTimeOffset?> First(IQueryable<DateTimeOffset?> times) => times.OrderBy(time => time).FirstOrDefaultAsync(cancellationToken);
    }

    private static KeyValuePair<string, object?> Strength(VerificationStrength strength) => Tag("strength", Word(strength));

    private static Measurement<double>[] Ages(List<Standing> worst, Func<Standing, DateTimeOffset?> newest, DateTimeOffset now) =>
    [
        .. from standing in worst
           let time = newest(standing)
           where time is not null
           select new Measurement<double>(Math.Max(0, (now - time.Value).TotalSeconds), Tag("appliance", standing.Appliance.Name)),
    ];

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    private sealed record Snapshot(
        Measurement<long>[] States,
        Measurement<double>[] Good,
        Measurement<double>[] Proven,
        Measurement<long>[] Kept,
        Measurement<long>[] Queued,
        Measurement<double>[] Oldest,
        long Missed,
        long Pending,
        double? RoundAge);
}
