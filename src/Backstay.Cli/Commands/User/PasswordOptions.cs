using System.CommandLine;

namespace Backstay.Cli.Commands.User;

/// <summary>Where the password of another user comes from: not from the variable that holds one's own.</summary>
internal static class PasswordOptions
{
    private const string Name = "--password-stdin";
    private const string Environment = "BACKSTAY_NEW_PASSWORD";

    public static Option<bool> Stdin() => new(Name)
    {
        Description = $"Read the new password from standard input (else {Environment}, else it is asked for)",
    };

    public static async Task<string> ReadNewAsync(Invocation invocation, bool fromStdin, CancellationToken cancellationToken) =>
        await new SecretSource(invocation.Terminal).ReadAsync("new password", fromStdin, Name, Environment, cancellationToken);
}
