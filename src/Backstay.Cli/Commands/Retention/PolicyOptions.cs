using System.CommandLine;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary>What a policy keeps and of whom, as options: those of <c>add</c>, <c>set</c> and <c>preview</c>.</summary>
internal sealed class PolicyOptions
{
    private readonly ApplianceSelectionOptions _selection;
    private readonly Option<int> _last = Rule("--keep-last", "Keep so many of the newest");
    private readonly Option<int> _hourly = Rule("--keep-hourly", "Keep the newest of each of the last so many hours that have one");
    private readonly Option<int> _daily = Rule("--keep-daily", "The same by days");
    private readonly Option<int> _weekly = Rule("--keep-weekly", "The same by weeks, from Monday on");
    private readonly Option<int> _monthly = Rule("--keep-monthly", "The same by months");
    private readonly Option<int> _yearly = Rule("--keep-yearly", "The same by years");
    private readonly Option<int> _within = Rule("--keep-within", "Keep everything that is at most so many days old");
    private readonly Option<int> _maxAge = Rule("--max-age", "Keep nothing for longer than so many days, whatever the other rules say");
    private readonly Option<string?> _timeZone = new("--time-zone") { Description = "In which hours, days, … begin: an IANA name (UTC)", HelpName = "ZONE" };
    private readonly Option<string?> _notes = new("--notes") { Description = "Anything worth knowing", HelpName = "TEXT" };

    public PolicyOptions(Command command)
    {
        _selection = new ApplianceSelectionOptions(command);
        foreach (var option in Own)
            command.Options.Add(option);
    }

    private IEnumerable<Option> Own => [_last, _hourly, _daily, _weekly, _monthly, _yearly, _within, _maxAge, _timeZone, _notes];

    /// <summary>Whether any of them stands on the command line.</summary>
    public bool AreGiven(Invocation invocation) => _selection.All.Concat(Own).Any(invocation.Has);

    /// <summary>A policy with what is named changed. A rule of 0 is taken out.</summary>
    public async Task<RetentionPolicy> ChangeAsync(
        RetentionPolicy policy, Invocation invocation, AdminClient client, CancellationToken cancellationToken)
    {
        return policy with
        {
            Appliances = await _selection.ReadAsync(invocation, client, cancellationToken) ?? policy.Appliances,
            KeepLast = Changed(_last, policy.KeepLast),
            KeepHourly = Changed(_hourly, policy.KeepHourly),
            KeepDaily = Changed(_daily, policy.KeepDaily),
            KeepWeekly = Changed(_weekly, policy.KeepWeekly),
            KeepMonthly = Changed(_monthly, policy.KeepMonthly),
            KeepYearly = Changed(_yearly, policy.KeepYearly),
            KeepWithinDays = Changed(_within, policy.KeepWithinDays),
            MaxAgeDays = Changed(_maxAge, policy.MaxAgeDays),
            TimeZone = invocation.Value(_timeZone) ?? policy.TimeZone,
            Notes = invocation.Value(_notes) ?? policy.Notes,
        };

        int? Changed(Option<int> option, int? value) => !invocation.Has(option) ? value : invocation.Value(option) is > 0 and var count ? count : null;
    }

    private static Option<int> Rule(string name, string description) => CommonOptions.Number(name, least: 0, standard: 0, $"{description}; 0: no such rule");
}
