namespace Backstay.Controller.Commands;

/// <summary>How a command ended: one table for all of Backstay's programs, of which these can happen here; printed by <c>--help</c>.</summary>
internal enum ExitCode
{
    Ok = 0,
    Failure = 1,
    Usage = 2,
    Warnings = 3,
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
          3  finished with warnings
          5  not found
          6  catalog or store unreachable
          7  integrity: stored bytes are not those that were sealed
        """;
}
