using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Events;

/// <summary>
/// Tells of what goes on being so: when it is first seen, then once a day. The time of the next telling is in a row; who moves it on, by
/// compare-and-set in the transaction of the event, tells. A controller that finds all well leaves that time alone: where only some are in
/// trouble, as with one wrong clock, they would tell with every look.
/// </summary>
internal sealed class DailyEvents(CatalogContext catalog, WriteGate gate, EventOutbox events, TimeProvider time)
{
    /// <summary>What is still so is told again after this.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromDays(1);

    /// <summary>Also when it lies further ahead than any clock sets it: a clock was ahead then.</summary>
    public static bool IsDue(DateTimeOffset? next, DateTimeOffset now) => next is not { } at || at <= now || at > now + (2 * Every);

    /// <summary>Tells, if it is time to.</summary>
    /// <param name="next">As it was read from the row; null: it wasn't told yet.</param>
    /// <param name="moveOn">Writes the time of the next telling, where <paramref name="next"/> still is; answers how many rows changed.</param>
    /// <returns>Whether this controller told.</returns>
    public async Task<bool> TellAsync(
        DateTimeOffset? next,
        Func<DateTimeOffset, Task<int>> moveOn,
        EventKind kind,
        string message,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!IsDue(next, now))
            return false;

        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            if (await moveOn(now + Every) == 0)
                return false;

            events.Add(catalog, kind, applianceId: null, backupId: null, message);
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        catalog.ChangeTracker.Clear();
        events.Wake();
        return true;
    }
}
