using System.CommandLine;
using System.Text;
using Backstay.Cli.Connection;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Keys;

/// <summary><c>backstay keys sheet</c>: what somebody needs who has lost everything but the store.</summary>
internal sealed class SheetCommand : CliCommand
{
    private readonly Option<bool> _withPassphrases = new("--with-passphrases")
    {
        Description = "Print the passphrases in clear, old ones included; the audit log says who asked",
    };

    private readonly Option<bool> _html = new("--html") { Description = "A page for a browser to print" };

    private readonly Option<string?> _to = new("--to")
    {
        Description = "The file to write, readable by its owner alone (else standard output)",
        HelpName = "FILE",
    };

    private readonly Option<bool> _force = CommonOptions.Force();

    public SheetCommand(GlobalOptions global)
        : base(
            global,
            "sheet",
            "Print a recovery sheet: which keys there are, where archives lie, how they open without Backstay",
            "backstay keys sheet | lp",
            "backstay keys sheet --with-passphrases --html --to sheet.html")
    {
        Options.Add(_withPassphrases);
        Options.Add(_html);
        Options.Add(_to);
        Options.Add(_force);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = invocation.Value(_to) is { } to ? Path.GetFullPath(to) : null;
        if (file is not null && !invocation.Value(_force) && Path.Exists(file))
            throw PrivateFile.Exists(file);

        using var connection = await invocation.ConnectAsync(cancellationToken);
        var facts = await connection.Client.GetRecoveryFactsAsync(cancellationToken);
        List<RevealedPassphrase>? passphrases = null;
        if (invocation.Value(_withPassphrases))
        {
            passphrases = [];
            foreach (var key in facts.Keys.Where(key => key.Kind == BackupKeyKind.Passphrase))
                passphrases.Add(await connection.Client.RevealPassphraseAsync(key.Id, cancellationToken));
        }

        var sheet = new RecoverySheet(ControllerAddress.Text(connection.Address), facts, passphrases);
        if (file is not null)
        {
            var text = invocation.Value(_html) ? sheet.Html() : sheet.Text();
            await PrivateFile.WriteAsync(file, Encoding.UTF8.GetBytes(text), invocation.Value(_force), cancellationToken);
            invocation.Terminal.Line(file);
            return ExitCode.Ok;
        }

        invocation.Terminal.Result(sheet, CliJson.Default.RecoverySheet, shown =>
            invocation.Terminal.Line(invocation.Value(_html) ? shown.Html() : shown.Text()));
        return ExitCode.Ok;
    }
}
