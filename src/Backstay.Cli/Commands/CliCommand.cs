using System.CommandLine;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Commands;

/// <summary>A command that does something. What it throws is turned into a message and an exit code here and nowhere else.</summary>
internal abstract class CliCommand : Command
{
    private readonly GlobalOptions _global;

    /// <param name="examples">Command lines with what they do, for <c>--help</c>.</param>
    protected CliCommand(GlobalOptions global, string name, string description, params IReadOnlyList<string> examples)
        : base(name, description)
    {
        _global = global;
        Examples = examples;
        SetAction(InvokeAsync);
    }

    public IReadOnlyList<string> Examples { get; }

    protected abstract Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken);

    private async Task<int> InvokeAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var invocation = new Invocation(parse, _global);
        try
        {
            return (int)await RunAsync(invocation, cancellationToken);
        }
#pragma warning disable CA1031 // The last place where anything can be said about it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var failure = Failure.Of(e, cancellationToken);
            invocation.Terminal.Fail(failure);
            return (int)failure.ExitCode;
        }
    }
}
