using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Keys;

/// <summary><c>backstay keys reveal</c>: a passphrase in clear, on standard output and nowhere else.</summary>
internal sealed class RevealCommand : CliCommand
{
    private readonly Argument<string> _key = KeyText.Key();

    public RevealCommand(GlobalOptions global)
        : base(
            global,
            "reveal",
            "Print a passphrase; the audit log says who asked",
            "backstay keys reveal 'Spring 2027' > passphrase-file") => Arguments.Add(_key);

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var key = await connection.Client.FindBackupKeyAsync(invocation.Value(_key), cancellationToken);
        if (key.Kind != BackupKeyKind.Passphrase)
            throw CliException.Usage($"{key.Name} is a public key: the controller never had its secret half.");
        var revealed = await connection.Client.RevealPassphraseAsync(key.Id, cancellationToken);
        invocation.Terminal.Result(revealed, AdminJson.Default.RevealedPassphrase, shown => invocation.Terminal.Line(shown.Passphrase));
        return ExitCode.Ok;
    }
}
