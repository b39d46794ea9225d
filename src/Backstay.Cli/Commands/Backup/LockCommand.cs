using System.CommandLine;
using System.Globalization;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup lock</c>: nobody deletes the backup before a time.</summary>
internal sealed class LockCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Argument<string> _backup = CommonOptions.Backup();

    private readonly Option<DateTimeOffset> _until = new("--until")
    {
        Description = "Until when: 2027-01-31, or a time like 2027-01-31T12:00:00Z; a day begins by this machine's time zone",
        HelpName = "TIME",
        Required = true,
    };

    private readonly Option<bool> _yes = CommonOptions.Yes();

    public LockCommand(GlobalOptions global)
        : base(
            global,
            "lock",
            "Lock a backup until a time: nobody deletes it before, and nobody can take that back",
            "backstay backup lock gw-01 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11 --until 2027-01-31 --yes")
    {
        _until.CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (TryParse(text, global.Clock.LocalTimeZone, out var time))
                return time;
            result.AddError($"'{text}' is no time. Write it like 2027-01-31 or 2027-01-31T12:00:00Z.");
            return default;
        };
        Arguments.Add(_name);
        Arguments.Add(_backup);
        Options.Add(_until);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var appliance = await client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var backup = await client.FindBackupAsync(appliance, invocation.Value(_backup), Latest.Successful, cancellationToken);
        var until = invocation.Value(_until);
        var question = $"Lock the backup of {appliance.Name} of {Human.Time(backup.Created, invocation.Clock)} until "
            + $"{Human.Time(until, invocation.Clock)}? Nobody can delete it before, and nobody can undo this.";
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
            return ExitCode.Failure;
        var locked = await client.LockBackupAsync(appliance.Id, backup.Id, new LockRequest(until), cancellationToken);
        invocation.Terminal.Result(locked, AdminJson.Default.Backup, shown => invocation.Terminal.Line(
            $"Locked {shown.Id} until {Human.Time(shown.Lock?.Until, invocation.Clock)}."));
        return ExitCode.Ok;
    }

    private static bool TryParse(string text, TimeZoneInfo zone, out DateTimeOffset time)
    {
        if (DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            time = new DateTimeOffset(day, zone.GetUtcOffset(day));
            return true;
        }

        return DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out time);
    }
}
