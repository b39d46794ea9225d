namespace Backstay.Agent.Commands;

/// <summary>One table for all of Backstay's programs; printed by <c>--help</c>.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failure = 1;
    public const int Usage = 2;
    public const int Warnings = 3;
    public const int NotAllowed = 4;
    public const int NotFound = 5;
    public const int Unreachable = 6;

    public const string Help =
        "Exit codes: 0 ok, 1 failure, 2 wrong usage or configuration, 3 finished with warnings, 4 not allowed (credential or seed "
        + "refused), 5 not found (not enrolled, no such file), 6 controller unreachable.";
}
