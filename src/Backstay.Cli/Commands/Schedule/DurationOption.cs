using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Backstay.Cli.Commands.Schedule;

/// <summary>A span of whole minutes, as people write it: <c>90</c>, <c>90m</c>, <c>2h</c>, <c>1d</c>.</summary>
internal static class DurationOption
{
    public static Option<int?> Create(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "30m|2h|1d",
        CustomParser = result => Parse(result, name),
    };

    public static string Text(int minutes) => minutes switch
    {
        0 => "none",
        _ when minutes % (24 * 60) == 0 => $"{minutes / (24 * 60)} d",
        _ when minutes % 60 == 0 => $"{minutes / 60} h",
        _ => $"{minutes} min",
    };

    private static int? Parse(ArgumentResult result, string name)
    {
        var text = result.Tokens.Single().Value;
        var (number, factor) = text switch
        {
            [.. var minutes, 'm'] => (minutes, 1),
            [.. var hours, 'h'] => (hours, 60),
            [.. var days, 'd'] => (days, 24 * 60),
            _ => (text, 1),
        };
        if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= int.MaxValue / factor)
            return count * factor;
        result.AddError($"{name} is a number of minutes, hours or days (30m, 2h, 1d), not '{text}'.");
        return null;
    }
}
