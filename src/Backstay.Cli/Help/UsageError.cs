using System.CommandLine;
using System.CommandLine.Parsing;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Help;

/// <summary>A command line that can't be understood: what is wrong, what may have been meant, where to read more.</summary>
internal static class UsageError
{
    // Beyond that a suggestion is a guess.
    private const int FarthestTypo = 3;

    /// <returns>Null when the command line is fine.</returns>
    public static Failure? Of(ParseResult parse)
    {
        var unknown = Unknown(parse).ToList();
        if (parse.Errors.Count == 0 && unknown.Count == 0)
            return null;
        var command = parse.CommandResult.Command;
        var lines = new List<string>();
        foreach (var token in unknown)
            lines.Add($"{Complaint(command, token)}{Suggestion(command, parse, token)}");
        if (unknown.Count == 0 && command.Subcommands.Count > 0)
            lines.Add($"Say which: {string.Join(", ", command.Subcommands.Select(verb => verb.Name))}.");
        else if (unknown.Count == 0)
            lines.AddRange(parse.Errors.Select(error => error.Message).Distinct());
        lines.Add($"See: {Path(parse)} --help");
        return new Failure(ExitCode.Usage, new ApiError(CliErrorIds.Usage, string.Join(Environment.NewLine, lines)));
    }

    /// <summary>
    /// Words that mean nothing. System.CommandLine takes an option that it doesn't know for an argument where one fits; nothing of
    /// ours begins with a dash, unless it stands behind <c>--</c>.
    /// </summary>
    private static IEnumerable<string> Unknown(ParseResult parse)
    {
        if (parse.Tokens.Any(token => token.Type == TokenType.DoubleDash))
            return parse.UnmatchedTokens;
        var mistaken = parse.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Select(token => token.Value)
            .Where(IsOption)
            .ToList();
        // What follows a mistyped option is its value, and no mistake of its own.
        return mistaken.Count > 0 ? mistaken : parse.UnmatchedTokens;
    }

    private static string Complaint(Command command, string token) => token switch
    {
        _ when IsOption(token) => $"There is no option '{token}' here.",
        _ when command.Subcommands.Count > 0 => $"There is no command '{token}' here.",
        _ => $"'{token}' is a word too many.",
    };

    private static bool IsOption(string token) => token.Length > 1 && token[0] == '-';

    private static string Suggestion(Command command, ParseResult parse, string token)
    {
        var candidates = IsOption(token)
            ? Lineage(parse).SelectMany(at => at.Options).SelectMany(option => option.Aliases.Append(option.Name)).Where(name => name.Length > 2)
            : command.Subcommands.Select(verb => verb.Name);
        var near = candidates
            .Select(name => (Name: name, Distance: Distance(name, token)))
            .Where(candidate => candidate.Distance <= Math.Min(FarthestTypo, candidate.Name.Length / 2))
            .OrderBy(candidate => candidate.Distance)
            .ToList();
        return near.Count == 0 ? "" : $" Did you mean {near[0].Name}?";
    }

    /// <summary>The command and those above it, from the root on.</summary>
    private static Stack<Command> Lineage(ParseResult parse)
    {
        var line = new Stack<Command>();
        for (SymbolResult? at = parse.CommandResult; at is not null; at = at.Parent)
        {
            if (at is CommandResult { Command: var command })
                line.Push(command);
        }

        return line;
    }

    private static string Path(ParseResult parse) =>
        string.Join(' ', Lineage(parse).Select(command => command is RootCommand ? "backstay" : command.Name));

    /// <summary>How many letters have to be added, left out, changed or swapped (optimal string alignment).</summary>
    private static int Distance(string from, string to)
    {
        var d = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                var change = from[i - 1] == to[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[from.Length, to.Length];
    }
}
