using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Events;

/// <summary>
/// Turns events into deliveries. An event is taken out of the outbox by compare-and-set, in the transaction that stores its deliveries:
/// whichever controllers do this at the same moment, everyone who wants it gets it once.
/// </summary>
internal sealed class EventDispatch(
    IDbContextFactory<CatalogContext> catalogs,
    WriteGate gate,
    NotificationOutbox outbox,
    EventMetrics metrics,
    IOptions<MailOptions> mail,
    IOptions<EventOptions> options,
    TimeProvider time)
{
    private const int Batch = 500;

    /// <summary>Dispatches what waits, at most a batch.</summary>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> DispatchAsync(CancellationToken cancellationToken)
    {
        await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
        var waiting = await catalog.Events.AsNoTracking()
            .Where(e => e.Dispatched == null)
            .OrderBy(e => e.Id)
            .Take(Batch)
            .ToListAsync(cancellationToken);
        if (waiting.Count == 0)
            return false;

        var now = time.GetUtcNow();
        var appliances = waiting.Select(e => e.ApplianceId).OfType<Guid>().Distinct().ToList();
        var names = await catalog.Appliances
            .Where(a => EF.Parameter(appliances).Contains(a.Id))
            .ToDictionaryAsync(a => a.Id, a => a.Name, cancellationToken);
        var taken = new List<EventEntity>();
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);

            // In one order everywhere: of two controllers that want the same ones, one waits for the other.
            foreach (var happened in waiting)
            {
                if (await catalog.Events
                    .Where(e => e.Id == happened.Id && e.Dispatched == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(e => e.Dispatched, now), cancellationToken) == 1)
                {
                    taken.Add(happened);
                }
            }

            foreach (var endpoint in await catalog.EventEndpoints.AsNoTracking().Where(e => !e.Paused).ToListAsync(cancellationToken))
            {
                catalog.Deliveries.AddRange(taken
                    .Where(e => endpoint.Kinds.Count == 0 || endpoint.Kinds.Contains(e.Kind))
                    .Select(e => EventDeliveries.ToEndpoint(e, e.ApplianceId is { } id ? names.GetValueOrDefault(id) : null, endpoint, now)));
            }

            if (taken.FindAll(e => mail.Value.Wants(e.Kind)) is { Count: > 0 } mailed)
                catalog.Deliveries.Add(EventDeliveries.ToMail(mailed, mail.Value, now));
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        outbox.Wake();
        taken.ForEach(happened => metrics.Dispatched(happened.Kind));
        return waiting.Count == Batch;
    }

    /// <summary>Removes events past their time; answers how many.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancellationToken)
    {
        await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
        var before = time.GetUtcNow() - TimeSpan.FromDays(options.Value.RetentionDays);
        return await catalog.Events.Where(e => e.Time < before && e.Dispatched != null).ExecuteDeleteAsync(cancellationToken);
    }
}
