using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Settings;

/// <summary><c>backstay settings set</c>: only what is named changes.</summary>
internal sealed class SetCommand : CliCommand
{
    private readonly Argument<string[]> _assignments = new("KEY=VALUE")
    {
        Description = $"Settings by name: {string.Join(", ", SettingsText.Keys)}",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _backupApi = new("--backup-api")
    {
        Description = "Whether backups can be started",
        HelpName = "on|off",
        CompletionSources = { "on", "off" },
    };

    private readonly Option<bool> _passphraseStdin = new("--passphrase-stdin")
    {
        Description = "Read the backup passphrase from standard input",
    };

    private readonly Option<int?> _tokenMinutes = new("--token-minutes") { Description = "How long a sign-in lasts", HelpName = "N" };
    private readonly Option<string?> _message = new("--message-of-the-day") { Description = "Shown after signing in", HelpName = "TEXT" };
    private readonly Option<string?> _banner = new("--banner") { Description = "For clients that show a banner; this one has none", HelpName = "TEXT" };
    private readonly Option<string?> _collective = new("--collective-name") { Description = "What this installation is called", HelpName = "NAME" };

    public SetCommand(GlobalOptions global)
        : base(
            global,
            "set",
            "Change the controller's settings",
            "backstay settings set --backup-api on --passphrase-stdin < passphrase-file",
            "backstay settings set --token-minutes 60 --message-of-the-day 'Maintenance on Friday'",
            "backstay settings set collectiveName=Production administrationTokenExpiration=60")
    {
        Arguments.Add(_assignments);
        Options.Add(_backupApi);
        Options.Add(_passphraseStdin);
        Options.Add(_tokenMinutes);
        Options.Add(_message);
        Options.Add(_banner);
        Options.Add(_collective);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var wanted = new GlobalSettings(
            BackupApiEnabled: invocation.Value(_backupApi) is { } word ? SettingsText.Switch("--backup-api", word) : null,
            AdministrationTokenExpiration: invocation.Value(_tokenMinutes),
            LoginBannerMessage: invocation.Value(_banner),
            MessageOfTheDay: invocation.Value(_message),
            CollectiveName: invocation.Value(_collective));
        wanted = invocation.Value(_assignments).Aggregate(wanted, SettingsText.With);
        if (invocation.Value(_passphraseStdin))
            wanted = wanted with { BackupPassphrase = await SecretSource.FirstLineAsync("passphrase", cancellationToken) };
        if (wanted == new GlobalSettings())
            throw CliException.Usage("Say what to change. See: backstay settings set --help");

        using var connection = await invocation.ConnectAsync(cancellationToken);
        var settings = await connection.Client.UpdateSettingsAsync(wanted, cancellationToken);
        invocation.Terminal.Result(settings, AdminJson.Default.GlobalSettings, shown => SettingsText.Show(invocation.Terminal, shown));
        return ExitCode.Ok;
    }
}
