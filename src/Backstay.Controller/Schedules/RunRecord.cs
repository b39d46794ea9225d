using Backstay.Protocol.Admin;

namespace Backstay.Controller.Schedules;

/// <summary>What is known of the runs of one schedule for one appliance.</summary>
/// <param name="Since">Every run that was due up to here is decided, or was none of this appliance's.</param>
/// <param name="State">What became of the last one; null: there was none yet.</param>
/// <param name="Due">When the last one was due.</param>
/// <param name="WindowUntil">How long the last one may begin.</param>
/// <param name="MissedInARow">Runs missed since the last that wasn't.</param>
internal sealed record RunRecord(
    DateTimeOffset Since, ScheduledRunState? State, DateTimeOffset? Due, DateTimeOffset? WindowUntil, int MissedInARow)
{
    public bool Waits => State is ScheduledRunState.Waiting;

    /// <summary>Takes part from here on; nothing is due for what was before.</summary>
    public static RunRecord From(DateTimeOffset since) => new(since, null, null, null, 0);

    /// <summary>Begins anew from here on: the schedule was paused, resumed or given another time. A run that waits won't begin.</summary>
    public RunRecord Restart(DateTimeOffset now) => Waits
        ? this with { Since = now, State = ScheduledRunState.Missed, MissedInARow = MissedInARow + 1 }
        : this with { Since = now };

    /// <summary>A run that somebody asked for: due now. It takes the place of one that waits.</summary>
    public RunRecord RunNow(DateTimeOffset now, TimeSpan window) =>
        new(now, ScheduledRunState.Waiting, now, now + window, MissedInARow);
}

/// <summary>What a run would meet at its appliance now.</summary>
internal enum Readiness
{
    /// <summary>A backup can begin.</summary>
    Ready,

    /// <summary>It is being backed up, with all that the run would include.</summary>
    Covered,

    /// <summary>Offline, being backed up with less, or the controller takes no backups now.</summary>
    NotNow,
}

/// <summary>A decision: what is known from now on.</summary>
/// <param name="Record">The state <c>Started</c> asks for a backup.</param>
/// <param name="Missed">How many runs this decides as missed; of very many, <see cref="ScheduleRule.MostCounted"/>.</param>
internal sealed record RunDecision(RunRecord Record, int Missed);
