using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;
using Spectre.Console;

namespace Backstay.Cli.Commands.Verification;

/// <summary>Verifications in words.</summary>
internal static class VerificationText
{
    public static Style Style(VerificationRecord verification) => verification.State switch
    {
        VerificationRunState.Passed => Styles.Good,
        VerificationRunState.Failed => Styles.Bad,
        _ => Styles.Busy,
    };

    /// <summary>Of somebody who waited to know.</summary>
    public static ExitCode ExitCode(VerificationRecord verification) => verification.State switch
    {
        VerificationRunState.Passed => Outcomes.ExitCode.Ok,
        VerificationRunState.Failed => Outcomes.ExitCode.Integrity,
        _ => Outcomes.ExitCode.Failure,
    };

    public static string Progress(VerificationRecord verification) => verification.State == VerificationRunState.Waiting
        ? verification.Message ?? "waiting for its turn"
        : $"read {Human.Size(verification.Bytes)} of {Human.Size(verification.Size)}";

    public static string Outcome(VerificationRecord verification) => $"{Human.Word<VerificationRunState>(verification.State)}: {Human.Size(verification.Bytes)}"
        + (verification.Seconds is { } seconds ? $" in {Human.Duration(TimeSpan.FromSeconds(seconds))}" : "");

    public static string? Speed(VerificationRecord verification) =>
        verification.BytesPerSecond is { } speed ? $"{Human.Size(speed)}/s" : null;

    public static string? Duration(VerificationRecord verification) =>
        verification.Seconds is { } seconds ? Human.Duration(TimeSpan.FromSeconds(seconds)) : null;

    public static void Show(Invocation invocation, VerificationRecord verification) => invocation.Terminal.Fields(
        ("Verification", verification.Id.ToString()),
        ("Backup", verification.BackupId.ToString()),
        ("Appliance", $"{verification.ApplianceName} ({verification.ApplianceId})"),
        ("Strength", Human.Word<VerificationStrength>(verification.Strength)),
        ("State", Human.Word<VerificationRunState>(verification.State)),
        ("Message", verification.Message),
        ("Requested by", verification.RequestedBy),
        ("Requested", Human.Time(verification.Requested, invocation.Clock)),
        ("Started", Human.Time(verification.Started, invocation.Clock)),
        ("Ended", Human.Time(verification.Ended, invocation.Clock)),
        ("Took", Duration(verification)),
        ("Read", verification.Bytes > 0 ? Human.Size(verification.Bytes) : null),
        ("Speed", Speed(verification)),
        ("Files", verification.Files is { } files ? Human.Count(files) : null),
        ("By", verification.By));
}
