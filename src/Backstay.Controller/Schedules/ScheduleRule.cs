using System.Buffers.Binary;
using System.Security.Cryptography;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Cronos;

namespace Backstay.Controller.Schedules;

/// <summary>
/// When a schedule's runs are due, and what becomes of them: pure functions of the schedule, the time, and what is known of an
/// appliance's runs. Nothing here waits, stores or begins anything.
/// </summary>
/// <remarks>
/// A run is due for an appliance at a time of the expression plus the appliance's delay. From then on it may begin until its window is
/// over. A newer run that comes due takes the place of one that has not begun: of all that were missed, at most the newest is made up
/// for. How times fall into a changed clock is Cronos' rule (docs/schedules.md).
/// </remarks>
internal sealed class ScheduleRule
{
    /// <summary>More missed runs at once than that are not told apart: an expression of every minute, and a controller that was down for long.</summary>
    public const int MostCounted = 1000;

    private static readonly TimeSpan[] Reaches =
        [TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(32), TimeSpan.FromDays(366), TimeSpan.FromDays(366 * 100)];

    private readonly Guid _id;
    private readonly ScheduleTimes _times;

    /// <param name="spread">Whole minutes; zero: all appliances at once.</param>
    /// <param name="catchUp">Whether a run that nobody looked at within its window gets another one.</param>
    public ScheduleRule(Guid id, CronExpression cron, TimeZoneInfo zone, TimeSpan spread, TimeSpan window, bool catchUp) =>
        (_id, _times, Spread, Window, CatchUp) = (id, new ScheduleTimes(cron, zone), spread, window, catchUp);

    public TimeSpan Spread { get; }

    public TimeSpan Window { get; }

    public bool CatchUp { get; }

    /// <summary>The rule of a schedule that has passed <see cref="ScheduleChecks"/>.</summary>
    public static ScheduleRule Of(BackupScheduleEntity schedule) => new(
        schedule.Id,
        CronExpression.Parse(schedule.Cron),
        TimeZoneInfo.FindSystemTimeZoneById(schedule.TimeZone),
        TimeSpan.FromMinutes(schedule.SpreadMinutes),
        TimeSpan.FromMinutes(schedule.WindowMinutes),
        schedule.CatchUp);

    /// <summary>The same; null where this machine can't read it, as it doesn't know the time zone.</summary>
    public static ScheduleRule? TryOf(BackupScheduleEntity schedule) => ProblemOf(schedule) is null ? Of(schedule) : null;

    /// <summary>Why this machine can't read it, or null: it can.</summary>
    public static string? ProblemOf(BackupScheduleEntity schedule) =>
        !TimeZoneInfo.TryFindSystemTimeZoneById(schedule.TimeZone, out _)
            ? $"This controller doesn't know the time zone {schedule.TimeZone}: nothing begins by itself. Install tzdata there, or name another zone."
        : !CronExpression.TryParse(schedule.Cron, out _)
            ? $"This controller can't read the expression {schedule.Cron}: nothing begins by itself. Write it anew."
        : null;

    /// <summary>
    /// How much later than the schedule's time a run is due for this appliance: whole seconds, less than <see cref="Spread"/>. It follows
    /// from the two ids alone, so it is the same every time and on every controller.
    /// </summary>
    public TimeSpan DelayOf(Guid appliance)
    {
        if (Spread == TimeSpan.Zero)
            return TimeSpan.Zero;

        Span<byte> ids = stackalloc byte[32];
        _id.TryWriteBytes(ids, bigEndian: true, out _);
        appliance.TryWriteBytes(ids[16..], bigEndian: true, out _);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(ids, hash);
        return TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt64BigEndian(hash) % (ulong)Spread.TotalSeconds);
    }

    /// <summary>The next times of the schedule, in its zone; without the appliances' delays.</summary>
    public IEnumerable<DateTimeOffset> TimesAfter(DateTimeOffset instant, int count)
    {
        var time = _times.After(instant);
        for (var i = 0; i < count && time is { } next; i++)
        {
            yield return next;
            time = _times.After(next);
        }
    }

    /// <summary>When the next run is due for this appliance, UTC; null: never again.</summary>
    public DateTimeOffset? NextDue(Guid appliance, DateTimeOffset after)
    {
        var delay = DelayOf(appliance);
        return _times.After(after - delay)?.ToUniversalTime() + delay;
    }

    /// <summary>What to do now about one appliance; null: nothing.</summary>
    /// <param name="record">What was known before.</param>
    /// <param name="readiness">What a run would meet now.</param>
    /// <param name="paused">Nothing comes due; a run that somebody asked for may begin.</param>
    public RunDecision? Decide(RunRecord record, Guid appliance, Readiness readiness, DateTimeOffset now, bool paused)
    {
        var fresh = paused ? null : NewestDue(record.Since, appliance, now);
        if (fresh is null && !record.Waits)
            return null;

        // One that waits makes room for the newer one, and so do all in between: they are missed.
        var (due, until, missed) = fresh is { } newest
            ? (newest.Due, newest.Due + Window, newest.Older + (record.Waits ? 1 : 0))
            : (record.Due!.Value, record.WindowUntil!.Value, 0);
        if (now > until)
        {
            if (fresh is null || !CatchUp)
            {
                var over = new RunRecord(due, ScheduledRunState.Missed, due, until, record.MissedInARow + missed + 1);
                return new RunDecision(over, missed + 1);
            }

            // Nobody was there to look at it in time.
            until = now + Window;
        }

        return readiness switch
        {
            Readiness.Ready => new RunDecision(new RunRecord(due, ScheduledRunState.Started, due, until, 0), missed),
            Readiness.Covered => new RunDecision(new RunRecord(due, ScheduledRunState.Served, due, until, 0), missed),
            _ when fresh is null => null,
            _ => new RunDecision(new RunRecord(due, ScheduledRunState.Waiting, due, until, record.MissedInARow + missed), missed),
        };
    }

    /// <summary>The newest run that is due after one instant, at another at the latest, and how many older ones there are between.</summary>
    private (DateTimeOffset Due, int Older)? NewestDue(DateTimeOffset since, Guid appliance, DateTimeOffset now)
    {
        var delay = DelayOf(appliance);
        var (after, until) = (since - delay, now - delay);
        if (_times.After(after) is not { } oldest || oldest > until)
            return null;

        // One at a time is what nearly always is.
        if (_times.After(oldest) is not { } second || second > until)
            return (oldest.ToUniversalTime() + delay, 0);

        var newest = Newest(after, until) ?? second;
        var older = _times.Between(after, newest).TakeWhile(time => time < newest).Take(MostCounted).Count();
        return (newest.ToUniversalTime() + delay, older);
    }

    /// <summary>
    /// Goes forward from ever further back: rare times cost few steps, frequent ones are found near. Cronos' own look back
    /// (<c>GetPreviousOccurrence</c>, 0.13.0) puts a time that a changed clock skips before the gap, where looking forward puts it behind.
    /// </summary>
    private DateTimeOffset? Newest(DateTimeOffset after, DateTimeOffset until)
    {
        foreach (var reach in Reaches)
        {
            var from = until - reach > after ? until - reach : after;
            if (_times.Between(from, until).Select(time => (DateTimeOffset?)time).LastOrDefault() is { } newest)
                return newest;
        }

        return null;
    }
}
