using Backstay.Cli.Commands.Schedule;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;
using Spectre.Console;

namespace Backstay.Cli.Commands.Drill;

/// <summary>Drills and their machines in words.</summary>
internal static class DrillText
{
    public static string State(DrillRecord drill) => drill.State switch
    {
        DrillState.Waiting => drill.Attempt > 0 ? "waiting, tried" : "waiting",
        DrillState.Running => "running",
        DrillState.Passed => "passed",
        DrillState.Failed => "failed",
        DrillState.Cancelled => "cancelled",
        _ => "could not",
    };

    public static Style Style(DrillRecord drill) => drill.State switch
    {
        DrillState.Passed => Styles.Good,
        DrillState.Failed or DrillState.CouldNot or DrillState.Cancelled => Styles.Bad,
        _ => Styles.Busy,
    };

    public static string State(DrillMachine machine) =>
        machine.InForce is false ? "enrolled anew" : machine.Online is true ? "online" : "offline";

    public static Style Style(DrillMachine machine) => machine is { InForce: true, Online: true } ? Styles.Good : Styles.Bad;

    public static string Often(DrillMachine machine) => machine.EveryDays is { } days ? $"{days}d" : "when asked";

    public static string GoesOn(DrillRecord drill) =>
        $"""
        the drill of {drill.ApplianceName} goes on without this command.
          look at it:  backstay drill show {drill.Id}
          stop it:     backstay drill cancel {drill.Id}
        """;

    public static void Show(Terminal terminal, DrillRecord drill, TimeProvider clock)
    {
        terminal.Fields(
            ("Id", drill.Id.ToString()),
            ("Appliance", drill.ApplianceName),
            ("Backup", drill.BackupId.ToString()),
            ("State", State(drill)),
            ("Message", drill.Message),
            ("Machine", drill.MachineName),
            ("Asked by", drill.RequestedBy),
            ("Asked for", Human.Time(drill.Created, clock)),
            ("Began", Human.Time(drill.Started, clock)),
            ("Ended", Human.Time(drill.Ended, clock)),
            ("Attempts", drill.Attempt > 1 ? Human.Count(drill.Attempt) : null),
            ("Tried again", drill.Attempt > 0 ? Human.Time(drill.NextTry, clock) : null),
            ("Files", Human.Count(drill.Files)),
            ("Bytes", Human.Size(drill.Bytes)));
        foreach (var check in drill.Checks)
        {
            var how = check.Passed ? "passed" : check.Obstacle is not null ? "could not be done" : check.ExitCode is { } code ? $"FAILED with exit code {code}" : "FAILED";
            terminal.Line($"Check {check.Name}: {how} after {check.Seconds:0.0} s");
            foreach (var line in check.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                terminal.Line($"    {line}");
        }
    }

    public static void Show(Terminal terminal, DrillMachine machine) => terminal.Fields(
        ("Name", machine.Name),
        ("State", State(machine)),
        ("May read", ScheduleText.Appliances(machine.Appliances)),
        ("Drills every", Often(machine)),
        ("Made by", machine.MadeBy));
}
