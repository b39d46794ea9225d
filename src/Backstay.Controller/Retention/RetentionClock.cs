using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Retention;

/// <summary>
/// Whether the clock of this machine can be believed when it comes to deleting: it is compared with the last time that was believed,
/// which is in the catalog. Where there is none yet (a new catalog, or one that was rebuilt), the newest backup is the witness.
/// </summary>
internal sealed class RetentionClock(CatalogContext catalog, IOptions<RetentionOptions> options, TimeProvider time)
{
    public async Task<ClockReading> ReadAsync(CancellationToken cancellationToken)
    {
        var lastSeen = await catalog.RetentionState.Select(s => s.LastSeen).SingleOrDefaultAsync(cancellationToken);
        var witness = lastSeen ?? await catalog.Backups
            .OrderByDescending(b => b.Created)
            .Select(b => (DateTimeOffset?)b.Created)
            .FirstOrDefaultAsync(cancellationToken);
        return new ClockReading(time.GetUtcNow(), lastSeen, witness, options.Value.ClockTolerance);
    }

    /// <summary>
    /// Takes the round that is due, for this controller alone, and moves the last believed time on with it.
    /// </summary>
    /// <param name="reading">One that is trusted.</param>
    /// <returns>False: none is due, or another controller has it.</returns>
    public async Task<bool> TakeRoundAsync(ClockReading reading, CancellationToken cancellationToken)
    {
        var (now, lastSeen) = (reading.Now, reading.LastSeen);
        var seen = lastSeen > now ? lastSeen : now;
        var next = now + options.Value.Interval;

        // A next round further away than any clock sets it was set by a clock that was ahead.
        var absurd = next + options.Value.Interval;
        return await catalog.RetentionState
            .Where(s => s.LastSeen == lastSeen && (s.NextRound == null || s.NextRound <= now || s.NextRound > absurd))
            .ExecuteUpdateAsync(
                set => set.SetProperty(s => s.LastSeen, seen).SetProperty(s => s.NextRound, next), cancellationToken) == 1;
    }

    /// <summary>An administrator says that the time is right: it is believed from here on. The next round is due at once.</summary>
    public async Task ConfirmAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        await catalog.RetentionState.ExecuteUpdateAsync(
            set => set
                .SetProperty(s => s.LastSeen, now)
                .SetProperty(s => s.NextRound, (DateTimeOffset?)null)
                .SetProperty(s => s.NextTelling, (DateTimeOffset?)null),
            cancellationToken);

    /// <summary>Tells, once a day, that the clock isn't believed.</summary>
    public async Task TellAsync(ClockReading reading, DailyEvents daily, CancellationToken cancellationToken)
    {
        var next = await catalog.RetentionState.Select(s => s.NextTelling).SingleAsync(cancellationToken);
        await daily.TellAsync(
            next,
            moved => catalog.RetentionState
                .Where(s => s.NextTelling == next)
                .ExecuteUpdateAsync(set => set.SetProperty(s => s.NextTelling, moved), cancellationToken),
            EventKind.RetentionStopped,
            $"The clock of controller {Environment.MachineName} is not believed: it says {reading.Now.UtcDateTime:u}, and the last time that was believed is "
            + $"{reading.Witness?.UtcDateTime:u}. It prunes nothing, and no lock ends by it. Set the clock right; or, if it is, confirm it: "
            + "backstay retention confirm-clock",
            cancellationToken);
    }
}

/// <summary>What the clock said, and what speaks for it.</summary>
/// <param name="LastSeen">The last time that was believed; null before the first.</param>
/// <param name="Witness">What the clock is compared with; null when nothing is known.</param>
internal sealed record ClockReading(DateTimeOffset Now, DateTimeOffset? LastSeen, DateTimeOffset? Witness, TimeSpan Tolerance)
{
    public bool Trusted => Witness is not { } witness || (Now - witness).Duration() <= Tolerance;

    /// <summary>A time that has surely come: by this a lock ends. A clock that isn't believed ends none.</summary>
    public DateTimeOffset Surely => Trusted || Now < Witness ? Now : Witness!.Value;
}
