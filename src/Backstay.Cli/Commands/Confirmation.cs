using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands;

/// <summary>Asks before something is gone for good.</summary>
internal static class Confirmation
{
    /// <returns>False when the person at the keyboard says no.</returns>
    /// <exception cref="CliException">Nobody is there to be asked: usage.</exception>
    public static async Task<bool> IsConfirmedAsync(
        this Invocation invocation, bool yes, string question, CancellationToken cancellationToken)
    {
        if (yes)
            return true;
        if (!Terminal.CanAsk)
            throw CliException.Usage($"{question} Say so with --yes.");
        if (await invocation.Terminal.ConfirmAsync(question, cancellationToken))
            return true;
        invocation.Terminal.Hint("Nothing was changed.");
        return false;
    }
}
