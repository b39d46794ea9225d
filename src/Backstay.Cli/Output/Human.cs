using System.Globalization;
using System.Text.Json;

namespace Backstay.Cli.Output;

/// <summary>Values as people read them.</summary>
internal static class Human
{
    /// <summary>Decimal units, three digits: <c>1.23 GB</c>.</summary>
    public static string Size(long bytes)
    {
        ReadOnlySpan<string> units = ["B", "kB", "MB", "GB", "TB", "PB"];
        double value = bytes;
        var unit = 0;
        for (; value >= 999.5 && unit < units.Length - 1; unit++)
            value /= 1000;
        var format = unit == 0 || value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {units[unit]}";
    }

    public static string Size(long? bytes) => bytes is long known ? Size(known) : "";

    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Count(long? value) => value is long known ? Count(known) : "";

    public static string Percent(double? value) =>
        value is double known ? $"{known.ToString("0", CultureInfo.InvariantCulture)} %" : "";

    /// <summary>A word of the wire: <c>givenUp</c>.</summary>
    public static string Word<T>(T? word)
        where T : struct, Enum =>
        word is { } known ? JsonNamingPolicy.CamelCase.ConvertName(known.ToString()) : "";

    public static string YesNo(bool value) => value ? "yes" : "no";

    /// <summary>In the time zone of this machine.</summary>
    public static string Time(DateTimeOffset? time, TimeProvider clock) => time is { } known
        ? TimeZoneInfo.ConvertTime(known, clock.LocalTimeZone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
        : "";

    public static string Duration(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => $"{span.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s",
        { TotalHours: < 1 } => $"{span.Minutes} min {span.Seconds} s",
        _ => $"{(long)span.TotalHours} h {span.Minutes} min",
    };

    /// <summary>
    /// Text that came from elsewhere, safe to show: a terminal must not take orders from the name of an appliance.
    /// Line ends and tabs stay.
    /// </summary>
    public static string Printable(string? text)
    {
        if (text is null)
            return "";
        return text.Any(IsUnsafe)
            ? string.Create(text.Length, text, static (span, from) =>
            {
                for (var i = 0; i < span.Length; i++)
                    span[i] = IsUnsafe(from[i]) ? '\uFFFD' : from[i];
            })
            : text;

        static bool IsUnsafe(char c) => char.IsControl(c) && c is not '\n' and not '\t';
    }
}
