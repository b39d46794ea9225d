using System.CommandLine;
using Backstay.Archive;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Keys;

/// <summary><c>backstay keys add</c>: imports a public key, and confirms it when somebody vouches for its fingerprint.</summary>
internal sealed class AddCommand : CliCommand
{
    private readonly Argument<FileInfo> _file = new Argument<FileInfo>("FILE")
    {
        Description = "An OpenPGP public key, armored or binary: gpg --armor --export NAME",
    }.AcceptExistingOnly();

    private readonly Option<string?> _name = new("--name") { Description = "What to call it (its first user id)", HelpName = "NAME" };

    private readonly Option<string?> _fingerprint = new("--fingerprint")
    {
        Description = "Confirm it at once: the fingerprint as its owner told you",
        HelpName = "HEX",
    };

    public AddCommand(GlobalOptions global)
        : base(
            global,
            "add",
            "Add a public key that opens new archives, or renew one",
            "backstay keys add ops.asc",
            "backstay keys add ops.asc --name 'Safe 2' --fingerprint '6E1F 3C2A 9B04 77D1 52AF  0C88 41D7 E3B5 9A60 12FE'")
    {
        Arguments.Add(_file);
        Options.Add(_name);
        Options.Add(_fingerprint);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var bytes = await File.ReadAllBytesAsync(invocation.Value(_file).FullName, cancellationToken);

        // Looked at here first: a file that turns out to be a secret key stays on this machine.
        var local = Recipient.Parse(bytes, invocation.Clock.GetUtcNow());
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var text = bytes is [(byte)'-', ..] ? System.Text.Encoding.UTF8.GetString(bytes) : Convert.ToBase64String(bytes);
        var key = await client.ImportBackupKeyAsync(new BackupKeyImport(text, invocation.Value(_name)), cancellationToken);
        if (key.State == BackupKeyState.Unconfirmed)
            key = await ConfirmCommand.ConfirmAsync(invocation, client, key, local.Fingerprint, invocation.Value(_fingerprint), cancellationToken);
        invocation.Terminal.Result(key, AdminJson.Default.BackupKey, shown => KeyText.Show(invocation.Terminal, shown, invocation.Clock));
        if (key.State == BackupKeyState.Unconfirmed)
            invocation.Terminal.Hint($"Nothing is sealed to it before its fingerprint is confirmed: backstay keys confirm {key.Id}");
        return ExitCode.Ok;
    }
}
