using System.Text;

namespace Backstay.Controller.Backups;

/// <summary>
/// Text of agents is shown to people, on terminals too. An appliance that was taken over gets no escape sequence through, and no
/// more than a bounded length.
/// </summary>
internal static class AgentText
{
    /// <summary>One line: every control character becomes a space.</summary>
    public static string Line(string? text, int maxLength) => Clean(text, maxLength, keepLines: false);

    /// <summary>Lines: line feeds and tabs stay.</summary>
    public static string Lines(string? text, int maxLength) => Clean(text, maxLength, keepLines: true);

    private static string Clean(string? text, int maxLength, bool keepLines)
    {
        var clean = new StringBuilder();
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > maxLength)
                break;

            // Format characters turn the direction of what follows, or hide it.
            var keep = (keepLines && rune.Value is ('\n' or '\t'))
                || Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Control
                    or System.Globalization.UnicodeCategory.Format
                    or System.Globalization.UnicodeCategory.LineSeparator
                    or System.Globalization.UnicodeCategory.ParagraphSeparator);
            clean.Append(keep ? rune.ToString() : " ");
        }

        return clean.ToString().Trim();
    }
}
