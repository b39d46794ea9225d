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
    public static string Make(string before, string after)
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

        var marked = new List<(char Mark, string Line)>();
        foreach (string line in old.AsSpan(Math.Max(0, head - Context)..head))
            marked.Add((' ', line));
        Compare(oldMiddle, newMiddle, marked);
        foreach (string line in old.AsSpan(old.Length - tail, Math.Min(tail, Context)))
            marked.Add((' ', line));
        return Format(marked, Math.Max(0, head - Context) + 1);
    }

    /// <summary>Longest common subsequence, from the end to the beginning, then walked forwards.</summary>
    private static void Compare(ReadOnlySpan<string> old, ReadOnlySpan<string> @new, List<(char Mark, string Line)> marked)
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
                marked.Add((' ', old[at++]));
                to++;
            }
            else if (to == @new.Length || (at < old.Length && common[at + 1, to] >= common[at, to + 1]))
            {
                marked.Add(('-', old[at++]));
            }
            else
            {
                marked.Add(('+', @new[to++]));
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
