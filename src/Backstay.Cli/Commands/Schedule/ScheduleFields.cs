using System.CommandLine;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Schedule;

/// <summary>What a schedule can be told, in the same words when it is made and when it is changed.</summary>
internal sealed class ScheduleFields
{
    private readonly Option<string?> _cron;

    private readonly Option<string?> _timeZone = new("--time-zone")
    {
        Description = "The clock that the expression is read by: an IANA name (else UTC)",
        HelpName = "ZONE",
        CompletionSources = { "UTC", "Europe/Berlin", "America/New_York" },
    };

    private readonly ApplianceSelectionOptions _selection;
    private readonly Option<bool?> _logs = Switch("--logs", "Whether to include the syslog");
    private readonly Option<bool?> _audit = Switch("--audit", "Whether to include the audit logs");
    private readonly Option<int?> _spread = DurationOption.Create("--spread", "Let every appliance begin at a moment of its own within this time (else all at once)");
    private readonly Option<int?> _window = DurationOption.Create("--window", "How long after its time a run may still begin (else 4h)");
    private readonly Option<bool?> _catchUp = Switch("--catch-up", "Whether to make up for the newest run that no controller was there to start, however late");
    private readonly Option<string?> _notes = new("--notes") { Description = "Anything worth knowing", HelpName = "TEXT" };

    /// <param name="command">Gets the options.</param>
    /// <param name="creating">Whether the expression has to be given.</param>
    public ScheduleFields(Command command, bool creating)
    {
        _cron = new Option<string?>("--cron")
        {
            Description = "When: minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly",
            HelpName = "EXPRESSION",
            Required = creating,
        };
        command.Options.Add(_cron);
        command.Options.Add(_timeZone);
        _selection = new ApplianceSelectionOptions(command);
        foreach (var option in (Option[])[_logs, _audit, _spread, _window, _catchUp, _notes])
            command.Options.Add(option);
    }

    /// <summary>The schedule with what stands on the command line. A new choice of appliances takes the place of the whole one before.</summary>
    public async Task<BackupSchedule> ApplyAsync(
        BackupSchedule schedule, Invocation invocation, AdminClient client, CancellationToken cancellationToken) => schedule with
        {
            Cron = invocation.Value(_cron) ?? schedule.Cron,
            TimeZone = invocation.Value(_timeZone) ?? schedule.TimeZone,
            Appliances = await _selection.ReadAsync(invocation, client, cancellationToken) ?? schedule.Appliances,
            Logs = invocation.Value(_logs) ?? schedule.Logs,
            Audit = invocation.Value(_audit) ?? schedule.Audit,
            SpreadMinutes = invocation.Value(_spread) ?? schedule.SpreadMinutes,
            WindowMinutes = invocation.Value(_window) ?? schedule.WindowMinutes,
            CatchUp = invocation.Value(_catchUp) ?? schedule.CatchUp,
            Notes = invocation.Value(_notes) ?? schedule.Notes,
        };

    private static Option<bool?> Switch(string name, string description) =>
        new(name) { Description = description, HelpName = "true|false", Arity = ArgumentArity.ZeroOrOne, CompletionSources = { "true", "false" } };
}
