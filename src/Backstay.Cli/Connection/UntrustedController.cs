using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Connection;

/// <summary>The controller's certificate is not one that is trusted.</summary>
internal static class UntrustedController
{
    public static CliException Error(Uri address, string? expected, SeenCertificate seen, Exception cause)
    {
        var controller = ControllerAddress.Text(address);
        return expected is null
            ? new CliException(
                ExitCode.Unreachable,
                CliErrorIds.CertificateUnknown,
                $"""
                The certificate of {controller} is not known here, and no root of this system vouches for it.
                  key      {seen.Pin}
                  subject  {seen.Subject}
                Compare the key with the one that the controller shows, then trust it once:
                  backstay login --controller {controller} --trust-pin {seen.Pin}
                """,
                cause)
            : new CliException(
                ExitCode.Unreachable,
                CliErrorIds.CertificateChanged,
                $"""
                THE KEY OF {controller} IS NOT THE TRUSTED ONE. Nothing was sent to it.
                  trusted  {expected}
                  shown    {seen.Pin}
                  subject  {seen.Subject}
                Either somebody is between you and the controller, or the controller was given a new key. Ask its operator.
                If the new key is right, trust it with:
                  backstay login --controller {controller} --trust-pin {seen.Pin}
                """,
                cause);
    }
}
