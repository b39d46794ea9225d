using System.CommandLine;
using Backstay.Cli.Connection;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands;

/// <summary>The options that more than one command has, and the clock.</summary>
internal sealed class GlobalOptions(TimeProvider clock)
{
    public TimeProvider Clock { get; } = clock;

    public Option<OutputFormat> Output { get; } = new("--output", "-o")
    {
        Description = "How results are written: table for people, json for programs",
        HelpName = "table|json",
        Recursive = true,
        CustomParser = result => Enum.TryParse<OutputFormat>(result.Tokens.Single().Value, ignoreCase: true, out var format)
            ? format
            : Refuse(result, "--output is table or json."),
        CompletionSources = { "table", "json" },
    };

    public Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "No progress and no hints: only results, warnings and errors",
        Recursive = true,
    };

    public Option<string?> Controller { get; } = new("--controller")
    {
        Description = "The controller's address (BACKSTAY_CONTROLLER; else the one last signed in to)",
        HelpName = "URL",
        Recursive = true,
    };

    public Option<string?> TrustPin { get; } = new("--trust-pin")
    {
        Description = "Accept the controller by this key alone: sha256/BASE64 of its public key (BACKSTAY_TRUST_PIN)",
        HelpName = "PIN",
        Recursive = true,
    };

    public Option<string?> Config { get; } = new("--config")
    {
        Description = "Where sign-ins are remembered (BACKSTAY_CONFIG; else ~/.config/backstay/config.json)",
        HelpName = "FILE",
        Recursive = true,
    };

    /// <summary>Gives a command, and all below it, the options that say which controller is meant.</summary>
    public T Online<T>(T command)
        where T : Command
    {
        command.Options.Add(Controller);
        command.Options.Add(TrustPin);
        command.Options.Add(Config);
        return command;
    }

    public Terminal Terminal(ParseResult parse) => new(parse.GetValue(Output), parse.GetValue(Quiet));

    public ConfigFile ConfigFile(ParseResult parse) =>
        Connection.ConfigFile.At(parse.GetValue(Config) ?? Environment.GetEnvironmentVariable("BACKSTAY_CONFIG"));

    /// <summary>The address that was asked for; null when it has to come from the configuration.</summary>
    public Uri? GivenController(ParseResult parse) =>
        (parse.GetValue(Controller) ?? Environment.GetEnvironmentVariable("BACKSTAY_CONTROLLER")) is { Length: > 0 } text
            ? ControllerAddress.Parse(text)
            : null;

    public string? GivenPin(ParseResult parse)
    {
        if ((parse.GetValue(TrustPin) ?? Environment.GetEnvironmentVariable("BACKSTAY_TRUST_PIN")) is not { Length: > 0 } text)
            return null;
        return SeenCertificate.NormalPin(text)
            ?? throw CliException.Usage($"'{text}' is not a pin. A pin is sha256/ and 44 characters of base64.");
    }

    private static OutputFormat Refuse(System.CommandLine.Parsing.ArgumentResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
