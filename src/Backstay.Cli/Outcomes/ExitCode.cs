namespace Backstay.Cli.Outcomes;

/// <summary>How a run of the program ended: the one table, printed by <c>--help</c>.</summary>
internal enum ExitCode
{
    Ok = 0,
    Failure = 1,
    Usage = 2,

    /// <summary>Also what a comparison ends with that was asked to tell of differences by its exit code.</summary>
    Warnings = 3,
    NotAllowed = 4,
    NotFound = 5,
    Unreachable = 6,
    Integrity = 7,

    /// <summary>Ctrl-C: 128 and the signal's number, as shells have it.</summary>
    Interrupted = 130,
}

internal static class ExitCodes
{
    public const string Table =
        """
        Exit codes:
          0  ok
          1  failure
          2  usage: the command line can't be understood
          3  finished with warnings; or, of a diff with --exit-code, something differs
          4  not signed in, or not allowed
          5  not found
          6  controller unreachable, or not the one that is trusted
          7  integrity: an archive is damaged or not the one asked for, the key is wrong, a proof failed
        130  interrupted by Ctrl-C
        """;

    /// <summary>One code for several things done at once: what they agree on, warnings if that is the worst, else failure.</summary>
    public static ExitCode Of(IReadOnlyCollection<ExitCode> parts)
    {
        var bad = parts.Where(code => code is not ExitCode.Ok and not ExitCode.Warnings).Distinct().ToList();
        return bad.Count switch
        {
            0 => parts.Contains(ExitCode.Warnings) ? ExitCode.Warnings : ExitCode.Ok,
            1 when parts.All(code => code == bad[0]) => bad[0],
            _ => ExitCode.Failure,
        };
    }
}
