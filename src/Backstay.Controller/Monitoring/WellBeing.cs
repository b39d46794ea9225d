using Backstay.Controller.Catalog;
using Backstay.Controller.Objectives;
using Backstay.Controller.Retention;
using Backstay.Controller.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Monitoring;

/// <summary>Whether all is well, judged by what was done and can be done, not by what believes to be running.</summary>
internal sealed class WellBeing(
    IDbContextFactory<CatalogContext> catalogs,
    OpenedStore store,
    IOptions<ObjectiveOptions> objectives,
    IOptions<RetentionOptions> retention,
    IOptions<DeadMansSwitchOptions> options,
    TimeProvider time)
{
    /// <summary>An event that waits for longer than this has nobody who sends it.</summary>
    public static readonly TimeSpan EventsWaitFor = TimeSpan.FromMinutes(10);

    /// <summary>What is wrong, as a sentence; null: all is well.</summary>
    public async Task<string?> FaultAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
            if (await CatalogFaultAsync(catalog, cancellationToken) is { } fault)
                return fault;
        }
        catch (Exception exception) when (CatalogErrors.IsOutage(exception))
        {
            return "The catalog can't be reached.";
        }

        await foreach (var finding in store.Check.RunAsync(cancellationToken))
        {
            if (finding.Fault is { } fault)
                return $"The store can't be used: {fault.Message}";
        }

        return null;
    }

    private async Task<string?> CatalogFaultAsync(CatalogContext catalog, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var rounds = await catalog.WatchState.Select(s => s.LastRound).SingleAsync(cancellationToken);
        if (rounds is null || rounds < now - (3 * objectives.Value.Interval))
            return "No controller compares appliances with their objectives.";

        var old = now - EventsWaitFor;
        if (await catalog.Events.AnyAsync(e => e.Dispatched == null && e.Time < old, cancellationToken))
            return "No controller sends events.";

        if (!(await new RetentionClock(catalog, retention, time).ReadAsync(cancellationToken)).Trusted)
            return "This controller's clock isn't believed, and it prunes nothing: backstay retention clock";

        var overdue = options.Value.EvenWhenOverdue ? 0 : await catalog.OverdueAppliances.CountAsync(cancellationToken);
        return overdue > 0 ? $"{overdue} appliance(s) are overdue." : null;
    }
}
