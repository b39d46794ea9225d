using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Keys;

/// <summary><c>backstay keys confirm</c>: somebody vouches for a fingerprint.</summary>
internal sealed class ConfirmCommand : CliCommand
{
    private readonly Argument<string> _key = KeyText.Key();

    private readonly Argument<string?> _fingerprint = new("FINGERPRINT")
    {
        Description = "As its owner told you; without it, it is shown and asked for",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public ConfirmCommand(GlobalOptions global)
        : base(
            global,
            "confirm",
            "Confirm the fingerprint of a public key; new archives are sealed to it from then on",
            "backstay keys confirm 'Safe 2'",
            "backstay keys confirm 'Safe 2' '6E1F 3C2A 9B04 77D1 52AF  0C88 41D7 E3B5 9A60 12FE'")
    {
        Arguments.Add(_key);
        Arguments.Add(_fingerprint);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var key = await client.FindBackupKeyAsync(invocation.Value(_key), cancellationToken);
        var given = invocation.Value(_fingerprint);
        if (key.Fingerprint is null)
            throw CliException.Usage($"{key.Name} is a passphrase: only public keys are confirmed.");
        if (given is null && !Terminal.CanAsk)
            throw CliException.Usage("Say the fingerprint, as the key's owner told you.");
        var confirmed = await ConfirmAsync(invocation, client, key, key.Fingerprint, given, cancellationToken);
        invocation.Terminal.Result(confirmed, AdminJson.Default.BackupKey, shown => KeyText.Show(invocation.Terminal, shown, invocation.Clock));
        return confirmed.State == BackupKeyState.Unconfirmed ? ExitCode.Failure : ExitCode.Ok;
    }

    /// <param name="fingerprint">What is shown to the person who is asked.</param>
    /// <param name="given">What somebody has said already.</param>
    /// <returns>The key as it was when nobody vouches for it.</returns>
    public static async Task<BackupKey> ConfirmAsync(
        Invocation invocation, AdminClient client, BackupKey key, string fingerprint, string? given, CancellationToken cancellationToken)
    {
        if (given is null && Terminal.CanAsk)
        {
            invocation.Terminal.Progress($"{string.Join(", ", key.UserIds ?? [])}\nFingerprint: {KeyText.Grouped(fingerprint)}");
            if (await invocation.Terminal.ConfirmAsync("Is that what its owner told you, on another way than the key came?", cancellationToken))
                given = fingerprint;
        }

        return given is null ? key : await client.ConfirmBackupKeyAsync(key.Id, given, cancellationToken);
    }
}
