using System.Globalization;

namespace Backstay.Controller.Backups;

/// <summary>Bytes of a representation, both ends included.</summary>
internal readonly record struct ByteRange(long First, long Last)
{
    public long Length => Last - First + 1;
}

/// <summary>
/// A <c>Range</c> header made out against the length of a representation (RFC 9110, section 14). A client that resumes a download
/// appends what it gets: answering with the whole would corrupt its file. So whatever speaks of <c>bytes</c> and can't be met is
/// unsatisfiable (section 15.5.17 allows 416 for a broken set too), and only an unknown unit is ignored, as section 14.2 demands.
/// </summary>
internal sealed record ByteRanges
{
    /// <summary>More are refused: they are no download but an attack (section 17.15).</summary>
    public const int MaxRanges = 32;

    private const string Unit = "bytes";

    private ByteRanges(IReadOnlyList<ByteRange> ranges) => Ranges = ranges;

    /// <summary>Answer with 416.</summary>
    public static ByteRanges Unsatisfiable { get; } = new([]);

    /// <summary>
    /// What to send: in the order asked for, but joined where two overlap or touch. Empty: unsatisfiable.
    /// </summary>
    public IReadOnlyList<ByteRange> Ranges { get; }

    /// <summary>The ranges, or null when the header is to be ignored.</summary>
    /// <param name="header">The field value; empty when there is none.</param>
    /// <param name="length">Of the representation, in bytes.</param>
    public static ByteRanges? Parse(string header, long length)
    {
        var equals = header.IndexOf('=', StringComparison.Ordinal);
        var unit = (equals < 0 ? header : header[..equals]).Trim();
        if (!unit.Equals(Unit, StringComparison.OrdinalIgnoreCase))
            return null;
        if (equals < 0)
            return Unsatisfiable;

        List<ByteRange> ranges = [];
        var specified = 0;
        var set = header.AsSpan(equals + 1);
        foreach (var piece in set.Split(','))
        {
            var spec = set[piece].Trim(" \t");
            if (spec.IsEmpty)
                continue; // empty list elements are to be skipped (section 5.6.1.2)
            if (++specified > MaxRanges || !TryParse(spec, length, out var range))
                return Unsatisfiable;
            if (range is { } satisfiable)
                Join(ranges, satisfiable);
        }

        return ranges.Count == 0 ? Unsatisfiable : new ByteRanges(ranges);
    }

    /// <summary>False: no range at all. A range that is one but lies beyond the end is true and null.</summary>
    private static bool TryParse(ReadOnlySpan<char> spec, long length, out ByteRange? range)
    {
        range = null;
        var dash = spec.IndexOf('-');
        if (dash < 0)
            return false;

        var from = spec[..dash];
        var to = spec[(dash + 1)..];
        if (from.IsEmpty)
        {
            if (!TryParsePosition(to, out var suffix))
                return false;
            if (suffix > 0 && length > 0)
                range = new ByteRange(Math.Max(0, length - suffix), length - 1);
            return true;
        }

        var last = long.MaxValue;
        if (!TryParsePosition(from, out var first) || (!to.IsEmpty && !TryParsePosition(to, out last)) || first > last)
            return false;
        if (first < length)
            range = new ByteRange(first, Math.Min(last, length - 1));
        return true;
    }

    /// <summary>A number too large for 64 bits is beyond every end, and no less a number for that.</summary>
    private static bool TryParsePosition(ReadOnlySpan<char> digits, out long position)
    {
        position = long.MaxValue;
        return !digits.IsEmpty
            && !digits.ContainsAnyExceptInRange('0', '9')
            && (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out position) || (position = long.MaxValue) > 0);
    }

    private static void Join(List<ByteRange> ranges, ByteRange range)
    {
        for (var i = 0; i < ranges.Count; i++)
        {
            var other = ranges[i];
            if (range.First <= other.Last + 1 && other.First <= range.Last + 1)
            {
                ranges.RemoveAt(i);
                Join(ranges, new ByteRange(Math.Min(range.First, other.First), Math.Max(range.Last, other.Last)));
                return;
            }
        }

        ranges.Add(range);
    }
}
