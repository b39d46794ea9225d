using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands;

/// <summary>Where passwords come from. Never from the command line: everybody on the machine can read that.</summary>
internal sealed class SecretSource(Terminal terminal)
{
    /// <summary>Standard input if asked, else the environment, else the person at the keyboard.</summary>
    /// <param name="what">How it is called in questions: <c>password</c>.</param>
    /// <param name="option">The option that says to read it from standard input.</param>
    /// <param name="twice">Whether the person is asked again: nobody sees what is typed, and this one is new.</param>
    public async Task<string> ReadAsync(
        string what, bool fromStdin, string option, string environment, CancellationToken cancellationToken, bool twice = false)
    {
        if (fromStdin)
            return await FirstLineAsync(what, cancellationToken);

        if (Environment.GetEnvironmentVariable(environment) is { Length: > 0 } value)
            return value;
        if (!Terminal.CanAsk)
            throw CliException.Usage($"The {what} is needed: set {environment} or use {option}.");
        var typed = await terminal.AskSecretAsync($"{char.ToUpperInvariant(what[0])}{what[1..]}: ", cancellationToken);
        if (typed.Length == 0)
            throw CliException.Usage($"A {what} is needed.");
        if (twice && await terminal.AskSecretAsync($"The {what} again: ", cancellationToken) != typed)
            throw CliException.Usage($"The two differ; nothing was changed. Type the same {what} twice.");
        return typed;
    }

    /// <summary>The first line of standard input.</summary>
    public static async Task<string> FirstLineAsync(string what, CancellationToken cancellationToken)
    {
        var line = await Task.Run(Console.In.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);
        return line is { Length: > 0 } ? line : throw CliException.Usage($"There is no {what} on standard input.");
    }
}
