using System.CommandLine;
using System.Globalization;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;
using Spectre.Console;

namespace Backstay.Cli.Commands.Schedule;

/// <summary>Schedules in words.</summary>
internal static class ScheduleText
{
    public static Argument<string> Name() => new("NAME") { Description = "The schedule, by name or id" };

    public static string Appliances(ApplianceSelection? selection) => selection switch
    {
        null => "",
        { All: true } => "all",
        _ => string.Join(
            ", ",
            (selection.Tags ?? []).Select(tag => $"tag {tag}")
                .Concat((selection.Functions ?? []).Select(function => $"function {function}"))
                .Concat(selection.Ids is { Count: > 0 } ids ? [$"{ids.Count} by id"] : [])),
    };

    public static string State(BackupSchedule schedule) =>
        schedule.Problem is not null ? "unreadable" : schedule.Paused ? "paused" : schedule.Missed > 0 ? "missed runs" : schedule.Waiting > 0 ? "waiting" : "on";

    public static Style Style(BackupSchedule schedule) =>
        schedule.Missed > 0 || schedule.Problem is not null ? Styles.Bad : schedule.Paused || schedule.Waiting > 0 ? Styles.Busy : Styles.Good;

    public static Style Style(ScheduledAppliance appliance) => appliance.State switch
    {
        ScheduledRunState.Missed => Styles.Bad,
        ScheduledRunState.Waiting => Styles.Busy,
        ScheduledRunState.Started or ScheduledRunState.Served => Styles.Good,
        _ => Styles.Plain,
    };

    /// <summary>By the schedule's own clock, which the offset tells from this machine's.</summary>
    public static string Time(DateTimeOffset? time) =>
        time?.ToString("ddd yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture) ?? "";

    public static void Show(Terminal terminal, BackupSchedule schedule) => terminal.Fields(
        ("Name", schedule.Name),
        ("Id", schedule.Id?.ToString()),
        ("State", State(schedule)),
        ("When", $"{schedule.Cron} {schedule.TimeZone}"),
        ("Appliances", Appliances(schedule.Appliances)),
        ("Includes", string.Join(", ", new[] { schedule.Logs ? "logs" : "", schedule.Audit ? "audit" : "" }.Where(word => word.Length > 0))),
        ("Spread", DurationOption.Text(schedule.SpreadMinutes)),
        ("Window", DurationOption.Text(schedule.WindowMinutes)),
        ("Catches up", Human.YesNo(schedule.CatchUp)),
        ("Next run", Time(schedule.NextRun)),
        ("Problem", schedule.Problem),
        ("Waiting", schedule.Waiting > 0 ? $"for {schedule.Waiting} appliance(s)" : null),
        ("Missed", schedule.Missed > 0 ? $"by {schedule.Missed} appliance(s)" : null),
        ("Notes", schedule.Notes));

    public static void Show(Terminal terminal, UpcomingRuns upcoming)
    {
        terminal.Result(upcoming.Runs, AdminJson.Default.UpcomingRun, new Columns<UpcomingRun>()
            .Add("RUN", run => Time(run.Time))
            .Add("SPREAD UNTIL", run => run.SpreadUntil > run.Time ? Time(run.SpreadUntil) : "")
            .Add("WINDOW UNTIL", run => Time(run.WindowUntil)));
        if (upcoming.Problem is { } problem)
            terminal.Warn(problem);
        terminal.Hint($"{upcoming.Appliances} appliance(s) take part.");
    }
}
