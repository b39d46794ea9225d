using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Notifications;

/// <summary>
/// The deliveries in the catalog, as workers of any number of controllers take from them: each change is one compare-and-set
/// statement. A claim is a lease; of a controller that dies with it the delivery comes back when the lease is over.
/// </summary>
internal sealed class DeliveryQueue(
    IDbContextFactory<CatalogContext> catalogs, IOptions<NotificationOptions> options, TimeProvider time)
{
    /// <summary>Tries kept of one delivery.</summary>
    public const int MaxTries = 50;

    /// <summary>Longer than a try can take, its outcome's writing included.</summary>
    public static readonly TimeSpan ClaimedFor = TimeSpan.FromMinutes(2);

    /// <summary>Due deliveries, longest due first, without those to hosts that have enough tries running.</summary>
    public async Task<List<DeliveryEntity>> DueAsync(
        int atMost, IReadOnlyCollection<string> withoutHosts, CancellationToken cancellationToken)
    {
        await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        return await catalog.Deliveries.AsNoTracking()
            .Where(d => d.State == DeliveryState.Pending && d.NextTry <= now && !withoutHosts.Contains(d.Host))
            .OrderBy(d => d.NextTry)
            .Take(atMost)
            .ToListAsync(cancellationToken);
    }

    /// <summary>Claims it as it was read; false when another worker was faster.</summary>
    public async Task<bool> ClaimAsync(DeliveryEntity due, CancellationToken cancellationToken)
    {
        await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var (seen, claim) = (due.Claim, Guid.NewGuid());

        // A claim counts as a try: a delivery that takes its controller down is tried with growing pauses, too.
        var changed = await catalog.Deliveries
            .Where(d => d.Id == due.Id && d.State == DeliveryState.Pending && d.NextTry <= now && d.Claim == seen)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(d => d.Claim, claim)
                    .SetProperty(d => d.Attempts, d => d.Attempts + 1)
                    .SetProperty(d => d.NextTry, now + ClaimedFor),
                cancellationToken);
        if (changed == 0)
        {
            return false;
        }

        (due.Claim, due.Attempts) = (claim, due.Attempts + 1);
        return true;
    }

    /// <summary>
    /// Writes the outcome of a claimed try and answers what it made of the delivery. Not cancellable: a 2xx that isn't written is
    /// delivered twice.
    /// </summary>
    public async Task<DeliveryState> SettleAsync(DeliveryEntity claimed, TryOutcome outcome, DateTimeOffset started, TimeSpan took)
    {
        await using var catalog = await catalogs.CreateDbContextAsync(CancellationToken.None);
        var now = time.GetUtcNow();
        var next = outcome.End is TryEnd.Delivered or TryEnd.Gone
            ? null
            : RetrySchedule.NextTry(now, claimed.Attempts, outcome.RetryAfter, claimed.GiveUp);
        var state = outcome.End is TryEnd.Delivered ? DeliveryState.Delivered
            : next is null ? DeliveryState.GivenUp
            : DeliveryState.Pending;
        DateTimeOffset? delivered = state == DeliveryState.Delivered ? now : null;

        await using var transaction = await catalog.Database.BeginTransactionAsync(CancellationToken.None);
        await catalog.Deliveries.Where(d => d.Id == claimed.Id && d.Claim == claimed.Claim).ExecuteUpdateAsync(set => set
            .SetProperty(d => d.State, state)
            .SetProperty(d => d.NextTry, d => next ?? d.NextTry)
            .SetProperty(d => d.Delivered, delivered)
            .SetProperty(d => d.Claim, (Guid?)null));

        // Also when a replay took the claim away: the try was made.
        if (await catalog.Deliveries.AnyAsync(d => d.Id == claimed.Id))
        {
            catalog.DeliveryTries.Add(new DeliveryTryEntity
            {
                DeliveryId = claimed.Id,
                Time = started,
                StatusCode = outcome.StatusCode,
                Error = outcome.Error,
                Milliseconds = (long)took.TotalMilliseconds,
            });
            await catalog.SaveChangesAsync();
            await catalog.DeliveryTries
                .Where(t => t.DeliveryId == claimed.Id)
                .OrderByDescending(t => t.Id)
                .Skip(MaxTries)
                .ExecuteDeleteAsync();
        }

        await transaction.CommitAsync();
        return state;
    }

    /// <summary>Gives a claim back without an outcome: the controller stops in the middle of the try.</summary>
    public async Task ReleaseAsync(DeliveryEntity claimed)
    {
        await using var catalog = await catalogs.CreateDbContextAsync(CancellationToken.None);
        var now = time.GetUtcNow();
        await catalog.Deliveries.Where(d => d.Id == claimed.Id && d.Claim == claimed.Claim).ExecuteUpdateAsync(set => set
            .SetProperty(d => d.NextTry, now)
            .SetProperty(d => d.Attempts, d => d.Attempts - 1)
            .SetProperty(d => d.Claim, (Guid?)null));
    }

    /// <summary>
    /// Makes a delivery due now, whatever became of it, with a fresh day of tries and the same <c>webhook-id</c>; false when there
    /// is none. Joins the caller's transaction.
    /// </summary>
    public async Task<bool> ReplayAsync(CatalogContext catalog, Guid id, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return 1 == await catalog.Deliveries.Where(d => d.Id == id).ExecuteUpdateAsync(
            set => set
                .SetProperty(d => d.State, DeliveryState.Pending)
                .SetProperty(d => d.NextTry, now)
                .SetProperty(d => d.GiveUp, now + NotificationOutbox.TriedFor)
                .SetProperty(d => d.Delivered, (DateTimeOffset?)null)
                .SetProperty(d => d.Attempts, 0)
                .SetProperty(d => d.Claim, (Guid?)null),
            cancellationToken);
    }

    /// <summary>Removes ended deliveries past their time, tries included; answers how many.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancellationToken)
    {
        await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
        var before = time.GetUtcNow() - TimeSpan.FromDays(options.Value.RetentionDays);

        // A row is older than its last day of tries: Created is there for its index.
        return await catalog.Deliveries
            .Where(d => d.Created < before && d.GiveUp < before && d.State != DeliveryState.Pending)
            .ExecuteDeleteAsync(cancellationToken);
    }
}
