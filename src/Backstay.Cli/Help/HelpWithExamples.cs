using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Backstay.Cli.Commands;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Help;

/// <summary>The help that System.CommandLine writes, and below it examples and the exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
{
    /// <summary>Help is given whatever else is on the command line.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = standard.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is CliCommand { Examples: { Count: > 0 } examples })
        {
            output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
            foreach (var example in examples)
                output.WriteLine($"  {example}");
            output.WriteLine();
        }

        output.WriteLine(ExitCodes.Table);
        return result;
    }
}
