namespace Backstay.Controller.Schedules;

/// <summary>A run is due that wasn't before: somebody asked for it.</summary>
internal sealed class ScheduleHint(TimeProvider time) : Hint(time);
