using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Backstay.Controller.Catalog;
using Backstay.Controller.Hosting;
using Backstay.Controller.Storage;

namespace Backstay.Controller.Commands;

/// <summary>The commands, as a tree of nouns and verbs; without one the program serves. Each lives in the slice whose work it does.</summary>
internal static class ControllerCommands
{
    private static readonly TimeSpan TimeToStop = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(CommandLine line)
    {
        if (line.Words is [])
            return await ServeAsync(line.Settings);

        var root = new RootCommand(Usage.Text)
        {
            new CommandGroup(
                "catalog",
                "The database of everything but archive bytes",
                new RebuildCommand(line),
                new RestoreCommand(line),
                new CatalogCopyCommand(line)),
            new CommandGroup("store", "Where archive bytes live: a folder or an S3 bucket", new CheckCommand(line), new CopyCommand(line), new AdoptCommand(line)),
        };
        root.Options.OfType<HelpOption>().Single().Action = new HelpWithExamples();
        var parse = root.Parse(line.Words);
        if (parse.Errors.Count == 0 || parse.Action is HelpWithExamples)
        {
            return await parse.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeToStop,
            });
        }

        // That a verb is missing as well is no news when a word is wrong.
        var wrong = parse.UnmatchedTokens is { Count: > 0 } unknown
            ? unknown.Select(word => $"'{word}' is no command or option here.")
            : parse.Errors.Select(error => error.Message).Distinct();
        foreach (var error in wrong)
        {
            await Console.Error.WriteLineAsync($"backstay-controller: {error}");
        }

        await Console.Error.WriteLineAsync("backstay-controller --help lists commands and options.");
        return (int)ExitCode.Usage;
    }

    private static async Task<int> ServeAsync(string[] settings)
    {
        try
        {
            await using var app = Program.Build(settings);
            await app.PrepareAsync();
            await app.ServeAsync();
            return (int)ExitCode.Ok;
        }
        catch (Exception exception) when (StartupFailure.Explain(exception) is { } reason)
        {
            await Console.Error.WriteLineAsync($"backstay-controller: {reason}");
            return (int)ExitCode.Failure;
        }
    }

    /// <summary>The help that System.CommandLine writes, and below it examples and the exit codes.</summary>
    private sealed class HelpWithExamples : SynchronousCommandLineAction
    {
        /// <summary>Help is given whatever else is on the command line.</summary>
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var result = new HelpAction().Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            if (parseResult.CommandResult.Command is ControllerCommand { Examples: { Count: > 0 } examples })
            {
                output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
                foreach (var example in examples)
                {
                    output.WriteLine($"  {example}");
                }

                output.WriteLine();
            }

            output.WriteLine(ExitCodes.Table);
            return result;
        }
    }
}
