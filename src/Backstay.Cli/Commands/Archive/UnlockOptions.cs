using System.CommandLine;
using Backstay.Archive;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Commands.Archive;

/// <summary>How an archive is opened: with a passphrase, or with a secret key.</summary>
internal sealed class UnlockOptions
{
    private readonly Option<FileInfo?> _secretKey = new("--secret-key")
    {
        Description = "An exported OpenPGP secret key; the passphrase then is the one of the key, if it has one",
        HelpName = "FILE",
    };

    private readonly PassphraseOptions _passphrase = new();

    public void AddTo(Command command)
    {
        command.Options.Add(_secretKey);
        _passphrase.AddTo(command);
    }

    /// <summary>Whether one of the options was given; a passphrase in the environment isn't one.</summary>
    public bool IsGiven(Invocation invocation) => invocation.Value(_secretKey) is not null || _passphrase.IsGiven(invocation);

    public async Task<Unlock> ReadAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Value(_secretKey) is not { } file)
            return Unlock.WithPassphrase(await _passphrase.ReadAsync(invocation, cancellationToken));
        var key = await File.ReadAllBytesAsync(file.FullName, cancellationToken);
        return Unlock.WithSecretKey(key, await _passphrase.ReadIfGivenAsync(invocation, cancellationToken));
    }
}

/// <summary>Where the passphrase of an archive comes from.</summary>
internal sealed class PassphraseOptions
{
    private const string Environment = "BACKSTAY_PASSPHRASE";

    private readonly Option<FileInfo?> _file = new("--passphrase-file")
    {
        Description = $"Its first line is the passphrase (else {Environment}, else it is asked for)",
        HelpName = "FILE",
    };

    public void AddTo(Command command) => command.Options.Add(_file);

    public bool IsGiven(Invocation invocation) => invocation.Value(_file) is not null;

    /// <returns>Null when there is none and nobody was asked.</returns>
    public async Task<string?> ReadIfGivenAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Value(_file) is { } file)
            return await FirstLineAsync(file, cancellationToken);
        return System.Environment.GetEnvironmentVariable(Environment) is { Length: > 0 } value ? value : null;
    }

    public static async Task<string> FirstLineAsync(FileInfo file, CancellationToken cancellationToken)
    {
        using var lines = file.OpenText();
        return await lines.ReadLineAsync(cancellationToken) is { Length: > 0 } line
            ? line
            : throw CliException.Usage($"The first line of {file.FullName} is empty: there is no passphrase.");
    }

    public async Task<string> ReadAsync(Invocation invocation, CancellationToken cancellationToken) =>
        await ReadIfGivenAsync(invocation, cancellationToken)
            ?? await new SecretSource(invocation.Terminal).ReadAsync(
                "passphrase", fromStdin: false, "--passphrase-file FILE", Environment, cancellationToken);
}
