using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Keys;

/// <summary><c>backstay keys remove</c>: an active key is retired, any other forgotten.</summary>
internal sealed class RemoveCommand : CliCommand
{
    private readonly Argument<string> _key = KeyText.Key();
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public RemoveCommand(GlobalOptions global)
        : base(
            global,
            "remove",
            "Retire a key: new archives aren't sealed to it; a retired one is forgotten, if no archive needs it",
            "backstay keys remove 'Safe 2' --yes")
    {
        Arguments.Add(_key);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var key = await connection.Client.FindBackupKeyAsync(invocation.Value(_key), cancellationToken);
        var retires = key.State is BackupKeyState.Active or BackupKeyState.Expired;
        var question = retires
            ? $"Retire {key.Name}? Archives that are there open with it as before; new ones won't."
            : $"Forget {key.Name} for good? Archives that were downloaded may need it.";
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
            return ExitCode.Failure;
        await connection.Client.RemoveBackupKeyAsync(key.Id, cancellationToken);
        invocation.Terminal.Result(key, AdminJson.Default.BackupKey, removed =>
            invocation.Terminal.Line(retires ? $"Retired {removed.Name}." : $"Forgot {removed.Name}."));
        return ExitCode.Ok;
    }
}
