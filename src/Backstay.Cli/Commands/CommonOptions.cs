using System.CommandLine;
using System.CommandLine.Parsing;

namespace Backstay.Cli.Commands;

/// <summary>Options and arguments that several commands have in the same words.</summary>
internal static class CommonOptions
{
    public static Argument<string> Appliance() => new("NAME") { Description = "The appliance, by name or id" };

    public static Argument<string> Backup() => new("BACKUP")
    {
        Description = "The backup's id, or latest",
        HelpName = "BACKUP_ID|latest",
        DefaultValueFactory = _ => "latest",
        CompletionSources = { "latest" },
    };

    /// <summary>An id where a name will not do.</summary>
    public static Argument<Guid> Id(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            if (Guid.TryParse(result.Tokens.Single().Value, out var id))
                return id;
            result.AddError($"'{result.Tokens.Single().Value}' is not an id (a UUID).");
            return Guid.Empty;
        },
    };

    public static Option<int> Limit(int standard) => Number("--limit", least: 1, standard, "How many at most", "-n");

    public static Option<int> Number(string name, int least, int standard, string description, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => standard,
        CustomParser = result => NumberOf(result, name, least),
    };

    public static Option<string?> Query() => new("--query") { Description = "Words, each of which has to occur", HelpName = "WORDS" };

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Don't ask" };

    public static Option<bool> Force() => new("--force", "-f") { Description = "Replace a file that exists" };

    private static int NumberOf(ArgumentResult result, string name, int least)
    {
        if (int.TryParse(result.Tokens.Single().Value, out var number) && number >= least)
            return number;
        result.AddError($"{name} is a whole number from {least} on, not '{result.Tokens.Single().Value}'.");
        return default;
    }
}
