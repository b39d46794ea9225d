using System.Globalization;

namespace Backstay.Agent.Configuration;

/// <summary>How times, rates, paths and names are written in the configuration.</summary>
internal static class ValueSyntax
{
    /// <summary>A whole number and one of s, m, h, d.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;

        TimeSpan? unit = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => null,
        };
        if (unit is null || number > TimeSpan.MaxValue / unit.Value)
            return false;

        duration = number * unit.Value;
        return true;
    }

    /// <summary>As a configuration would have it, in the largest unit that fits.</summary>
    public static string Format(TimeSpan duration) => duration switch
    {
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerDay == 0 => $"{duration.Days}d",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerHour == 0 => $"{(long)duration.TotalHours}h",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerMinute == 0 => $"{(long)duration.TotalMinutes}m",
        _ => $"{(long)duration.TotalSeconds}s",
    };

    /// <summary>A size and <c>/s</c>.</summary>
    /// <param name="bytesPerSecond">The result, if the text is one.</param>
    public static bool TryParseRate(string text, out long bytesPerSecond)
    {
        bytesPerSecond = 0;
        return text.EndsWith("/s", StringComparison.Ordinal) && TryParseSize(text[..^2], out bytesPerSecond);
    }

    /// <summary>A number and B, kB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024).</summary>
    /// <param name="bytes">The result, if the text is one.</param>
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        var split = 0;
        while (split < text.Length && (char.IsAsciiDigit(text[split]) || text[split] == '.'))
            split++;
        if (split == 0)
            return false;

        double? unit = text[split..].Trim() switch
        {
            "B" => 1,
            "kB" => 1e3,
            "MB" => 1e6,
            "GB" => 1e9,
            "TB" => 1e12,
            "KiB" => 1024,
            "MiB" => 1024 * 1024,
            "GiB" => 1024 * 1024 * 1024,
            "TiB" => 1024d * 1024 * 1024 * 1024,
            _ => null,
        };
        if (unit is null || !double.TryParse(text.AsSpan(0, split), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return false;

        var size = number * unit.Value;
        if (size is < 0 or > 1e15)
            return false;

        bytes = (long)size;
        return true;
    }

    /// <summary>Absolute, and says where it leads without the file system: no <c>.</c>, no <c>..</c>.</summary>
    public static bool IsPlainAbsolutePath(string path) =>
        path[0] == '/' && !path.Contains('\0') && path.Split('/').All(component => component is not ("." or ".."));

    /// <summary>The name of a file that an archive gets: letters, digits, dot, dash, underscore; not hidden.</summary>
    public static bool IsFileName(string name) =>
        name.Length is > 0 and <= 128 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
