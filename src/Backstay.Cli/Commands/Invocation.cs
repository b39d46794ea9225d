using System.CommandLine;
using Backstay.Cli.Connection;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands;

/// <summary>One run of one command: what was asked, where to answer, and the way to the controller.</summary>
internal sealed class Invocation(ParseResult parse, GlobalOptions global)
{
    public Terminal Terminal { get; } = global.Terminal(parse);

    public TimeProvider Clock => global.Clock;

    public ConfigFile ConfigFile => global.ConfigFile(parse);

    public Uri? GivenController => global.GivenController(parse);

    public string? GivenPin => global.GivenPin(parse);

    public T? Value<T>(Option<T> option) => parse.GetValue(option);

    /// <summary>Null only where the argument may be left out.</summary>
    public T Value<T>(Argument<T> argument) => parse.GetValue(argument)!;

    /// <summary>Whether an option stands on the command line.</summary>
    public bool Has(Option option) => parse.GetResult(option) is { Implicit: false };

    /// <summary>The controller that is signed in to. <c>BACKSTAY_TOKEN</c> goes before what is remembered.</summary>
    public async Task<ControllerConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var config = await ConfigFile.LoadAsync(cancellationToken);
        var address = GivenController ?? (config.Controller is null ? null : ControllerAddress.Parse(config.Controller));
        if (address is null)
        {
            throw new CliException(
                ExitCode.NotAllowed, CliErrorIds.NotSignedIn, "Not signed in to any controller. Sign in with: backstay login");
        }

        var known = config.For(address);
        var token = Environment.GetEnvironmentVariable("BACKSTAY_TOKEN") is { Length: > 0 } given ? given : known.Token;
        if (token is null)
        {
            throw new CliException(
                ExitCode.NotAllowed,
                CliErrorIds.NotSignedIn,
                $"Not signed in to {ControllerAddress.Text(address)}. "
                    + $"Sign in with: backstay login --controller {ControllerAddress.Text(address)}");
        }

        return new ControllerConnection(address, token, new CertificateTrust(known.Pin, GivenPin));
    }
}
