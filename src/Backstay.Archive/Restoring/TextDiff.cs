using System.Text;

namespace Backstay.Archive;

/// <summary>The lines in which two texts differ, in the unified form of diff(1), within bounds of time and length.</summary>
public static class TextDiff
{
    /// <summary>Most lines that are shown.</summary>
    public const int MaxLines = 200;

    private const int Context = 3;

    // Cells of the table of Wagner and Fischer, for what is between the same beginning and the same end: 8 MiB.
    private const long MaxCells = 4_000_000;

    /// <summary>Makes the difference; empty when there is none.</summary>
    /// <param name="before">Lines of it are marked with a minus.</param>
    /// <param name="after">Lines of it are marked with a plus.</param>
    /// <param name="show">Makes of all lines of a text as many that are shown in their place; lines are compared as they are.</param>
    public static string Make(string before, string after, Func<IReadOnlyList<string>, string[]>? show = null)
    {
        string[] old = Lines(before), @new = Lines(after);
        int head = 0;
        while (head < old.Length && head < @new.Length && old[head] == @new[head])
            head++;
        int tail = 0;
        while (tail < old.Length - head && tail < @new.Length - head && old[^(tail + 1)] == @new[^(tail + 1)])
            tail++;
        if (head == old.Length && head == @new.Length)
            return "";
        ReadOnlySpan<string> oldMiddle = old.AsSpan(head..^tail), newMiddle = @new.AsSpan(head..^tail);
        if ((long)(oldMiddle.Length + 1) * (newMiddle.Length + 1) > MaxCells)
            return $"{oldMiddle.Length} lines from line {head + 1} on are {newMiddle.Length} other ones: too many to compare.\n";

        string[] oldShown = show is null ? old : show(old), newShown = show is null ? @new : show(@new);
        var marked = new List<(char Mark, string Line)>();
        for (int i = Math.Max(0, head - Context); i < head; i++)
            marked.Add((' ', Common(i, i)));
        var middle = new List<(char Mark, int Old, int New)>();
        Compare(oldMiddle, newMiddle, middle);
        foreach ((char mark, int at, int to) in middle)
            marked.Add((mark, mark switch { '-' => oldShown[head + at], '+' => newShown[head + to], _ => Common(head + at, head + to) }));
        for (int i = 0; i < Math.Min(tail, Context); i++)
            marked.Add((' ', Common(old.Length - tail + i, @new.Length - tail + i)));
        return Format(marked, Math.Max(0, head - Context) + 1);

        // A line that only one of the texts has something to hide in is hidden.
        string Common(int at, int to) => oldShown[at] == old[at] ? newShown[to] : oldShown[at];
    }

    /// <summary>Longest common subsequence, from the end to the beginning, then walked forwards.</summary>
    private static void Compare(ReadOnlySpan<string> old, ReadOnlySpan<string> @new, List<(char Mark, int Old, int New)> marked)
    {
        var common = new ushort[old.Length + 1, @new.Length + 1];
        for (int i = old.Length - 1; i >= 0; i--)
        {
            for (int j = @new.Length - 1; j >= 0; j--)
            {
                common[i, j] = old[i] == @new[j]
                    ? (ushort)(common[i + 1, j + 1] + 1)
                    : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }
        int at = 0, to = 0;
        while (at < old.Length || to < @new.Length)
        {
            if (at < old.Length && to < @new.Length && old[at] == @new[to])
            {
                marked.Add((' ', at++, to++));
            }
            else if (to == @new.Length || (at < old.Length && common[at + 1, to] >= common[at, to + 1]))
            {
                marked.Add(('-', at++, to));
            }
            else
            {
                marked.Add(('+', at, to++));
            }
        }
    }

    /// <summary>Hunks: lines that are the same are left out where they are farther from a change than three.</summary>
    private static string Format(List<(char Mark, string Line)> marked, int firstLine)
    {
        var text = new StringBuilder();
        int oldLine = firstLine, shown = 0, lastShown = -1;
        for (int i = 0; i < marked.Count; i++)
        {
            if (IsNearChange(marked, i))
            {
                if (shown++ == MaxLines)
                    return text.Append("…\n").ToString();
                if (lastShown != i - 1 || lastShown < 0)
                    text.Append(System.Globalization.CultureInfo.InvariantCulture, $"@@ line {oldLine} @@\n");
                lastShown = i;
                text.Append(marked[i].Mark).Append(marked[i].Line).Append('\n');
            }
            if (marked[i].Mark != '+')
                oldLine++;
        }
        return text.ToString();
    }

    private static bool IsNearChange(List<(char Mark, string Line)> marked, int at)
    {
        for (int i = Math.Max(0, at - Context); i <= Math.Min(marked.Count - 1, at + Context); i++)
        {
            if (marked[i].Mark != ' ')
                return true;
        }
        return false;
    }

    /// <summary>A last line without an end differs from one with it.</summary>
    private static string[] Lines(string text)
    {
        string[] lines = text.Split('\n');
        if (lines[^1].Length == 0)
            return lines[..^1];
        lines[^1] += " (no end of line)";
        return lines;
    }
}
