using System.CommandLine;
using System.CommandLine.Parsing;
using Backstay.Protocol;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Event;

/// <summary>The kinds of events by their words.</summary>
internal static class EventKinds
{
    private static string[] Words => [.. Enum.GetValues<EventKind>().Select(Word)];

    public static string Word(EventKind kind) => DottedNaming.Policy.ConvertName(kind.ToString());

    /// <summary>One kind.</summary>
    public static Option<EventKind?> Option()
    {
        var option = new Option<EventKind?>("--kind")
        {
            Description = "Only events of this kind",
            HelpName = "KIND",
            CustomParser = result => Parse(result, result.Tokens.Single().Value),
        };
        option.CompletionSources.Add(Words);
        return option;
    }

    /// <summary>Any number of them; null when it isn't given.</summary>
    public static Option<EventKind[]?> Options()
    {
        var option = new Option<EventKind[]?>("--kind")
        {
            Description = "Only events of this kind; may be given again (else all)",
            HelpName = "KIND",
            CustomParser = result => [.. result.Tokens.Select(token => Parse(result, token.Value)).OfType<EventKind>()],
        };
        option.CompletionSources.Add(Words);
        return option;
    }

    private static EventKind? Parse(ArgumentResult result, string word)
    {
        foreach (var kind in Enum.GetValues<EventKind>())
        {
            if (Word(kind) == word)
                return kind;
        }

        result.AddError($"'{word}' is no kind of event. There are: {string.Join(", ", Words)}.");
        return null;
    }
}
