using System.CommandLine;
using System.CommandLine.Invocation;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Help;

/// <summary>A command line that can't be understood: what is wrong, what may have been meant, where to read more.</summary>
internal static class UsageError
{
    public static Failure Of(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        var lines = new List<string>();
        var missing = command.Subcommands.Count > 0 && parse.UnmatchedTokens.Count == 0;
        if (missing)
            lines.Add($"Say which: {string.Join(", ", command.Subcommands.Select(verb => verb.Name))}.");
        else
            lines.AddRange(Messages(parse));
        lines.AddRange(Corrections(parse));
        lines.Add($"See: {Path(parse)} --help");
        return new Failure(ExitCode.Usage, new ApiError(CliErrorIds.Usage, string.Join(Environment.NewLine, lines)));
    }

    private static List<string> Messages(ParseResult parse)
    {
        var unknown = parse.UnmatchedTokens.ToHashSet();
        var messages = parse.Errors.Select(error => error.Message).Distinct().ToList();
        // That a verb is missing goes without saying when the one that was given is unknown.
        var aboutUnknown = messages.Where(message => unknown.Any(token => message.Contains($"'{token}'", StringComparison.Ordinal))).ToList();
        return aboutUnknown.Count > 0 ? aboutUnknown : messages;
    }

    /// <summary>Taken from System.CommandLine, which knows what would have fitted.</summary>
    private static IEnumerable<string> Corrections(ParseResult parse)
    {
        if (parse.Action is not ParseErrorAction action)
            return [];
        action.ShowHelp = false;
        action.ShowTypoCorrections = true;
        var before = parse.InvocationConfiguration;
        using var output = new StringWriter();
        using var errors = new StringWriter();
        parse.Invoke(new InvocationConfiguration { Output = output, Error = errors, EnableDefaultExceptionHandler = before.EnableDefaultExceptionHandler });
        var words = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return words.Length < 2 ? [] : [$"Did you mean {string.Join(" or ", words.Where(word => !word.StartsWith('\'')))}?"];
    }

    private static string Path(ParseResult parse)
    {
        var names = new Stack<string>();
        for (var at = parse.CommandResult; at is not null; at = at.Parent as System.CommandLine.Parsing.CommandResult)
            names.Push(at.Command is RootCommand ? "backstay" : at.Command.Name);
        return string.Join(' ', names);
    }
}
