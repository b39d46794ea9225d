using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Keys;

/// <summary><c>backstay keys rotate-passphrase</c>.</summary>
internal sealed class RotatePassphraseCommand : CliCommand
{
    private const string StdinName = "--passphrase-stdin";
    private const string Environment = "BACKSTAY_NEW_PASSPHRASE";

    private readonly Option<bool> _stdin = new(StdinName)
    {
        Description = $"Read the new passphrase from standard input (else {Environment}, else it is asked for, twice)",
    };

    private readonly Option<string?> _name = new("--name") { Description = "What to call it (the day)", HelpName = "NAME" };

    public RotatePassphraseCommand(GlobalOptions global)
        : base(
            global,
            "rotate-passphrase",
            "Seal new archives to a new passphrase; older ones stay sealed to theirs, which stays known",
            "backstay keys rotate-passphrase --name 'Spring 2027'",
            "openssl rand -base64 24 | backstay keys rotate-passphrase --passphrase-stdin")
    {
        Options.Add(_stdin);
        Options.Add(_name);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var passphrase = await new SecretSource(invocation.Terminal).ReadAsync(
            "new passphrase", invocation.Value(_stdin), StdinName, Environment, cancellationToken, twice: true);
        var key = await connection.Client.RotatePassphraseAsync(
            new PassphraseRotation(passphrase, invocation.Value(_name)), cancellationToken);
        invocation.Terminal.Result(key, AdminJson.Default.BackupKey, shown => KeyText.Show(invocation.Terminal, shown, invocation.Clock));
        invocation.Terminal.Hint("Keep a copy of it away from the controller: backstay keys sheet --with-passphrases");
        return ExitCode.Ok;
    }
}
