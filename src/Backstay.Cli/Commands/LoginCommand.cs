using System.CommandLine;
using Backstay.Cli.Connection;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands;

/// <summary><c>backstay login</c>: trust is settled first, so that a password is never typed for a stranger.</summary>
internal sealed class LoginCommand : CliCommand
{
    private readonly Option<string?> _username = new("--username", "-u") { Description = "Asked for when left out", HelpName = "NAME" };

    private readonly Option<string> _provider = new("--provider")
    {
        Description = "The identity provider",
        HelpName = "NAME",
        DefaultValueFactory = _ => "local",
    };

    private readonly Option<bool> _passwordStdin = new("--password-stdin")
    {
        Description = "Read the password from standard input (else BACKSTAY_PASSWORD, else it is asked for)",
    };

    public LoginCommand(GlobalOptions global)
        : base(
            global,
            "login",
            "Sign in to a controller, and remember it",
            "backstay login --controller https://backup.example.com:8443",
            "backstay login -u admin --password-stdin < password-file",
            "backstay login --controller 127.0.0.1:8443 --trust-pin sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    {
        Options.Add(_username);
        Options.Add(_provider);
        Options.Add(_passwordStdin);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var terminal = invocation.Terminal;
        var file = invocation.ConfigFile;
        var config = await file.LoadAsync(cancellationToken);
        var address = await AddressAsync(invocation, config, cancellationToken);

        using var connection = await TrustedConnectionAsync(invocation, address, config.For(address), cancellationToken);
        var username = await UsernameAsync(invocation, config.For(address), cancellationToken);
        var password = await PasswordAsync(invocation, cancellationToken);
        var request = new LoginRequest(invocation.Value(_provider), username, password, config.DeviceId);
        var login = await connection.Client.LoginAsync(request, cancellationToken);

        var known = new KnownController(connection.Trust.AcceptedByPin?.Pin, login.User.Name, login.Token, login.Expires);
        config = config.With(address, known) with { Controller = ControllerAddress.Text(address) };
        await file.SaveAsync(config, cancellationToken);

        var result = new SignedIn(ControllerAddress.Text(address), login.User.Name, login.Expires, known.Pin);
        terminal.Result(result, CliJson.Default.SignedIn, signedIn =>
            terminal.Line($"Signed in to {signedIn.Controller} as {signedIn.User} until {Human.Time(signedIn.Expires, invocation.Clock)}."));
        if (!string.IsNullOrWhiteSpace(login.MessageOfTheDay))
            terminal.Hint(login.MessageOfTheDay);
        return ExitCode.Ok;
    }

    private static async Task<Uri> AddressAsync(Invocation invocation, CliConfig config, CancellationToken cancellationToken)
    {
        if (invocation.GivenController is { } given)
            return given;
        if (config.Controller is { } last)
            return ControllerAddress.Parse(last);
        if (!Terminal.CanAsk)
            throw CliException.Usage("Which controller? Give --controller URL or set BACKSTAY_CONTROLLER.");
        return ControllerAddress.Parse(await invocation.Terminal.AskAsync("Controller: ", cancellationToken));
    }

    /// <summary>Like ssh: a key that was never seen is shown and asked about, once; a key that changed is refused.</summary>
    private static async Task<ControllerConnection> TrustedConnectionAsync(
        Invocation invocation, Uri address, KnownController known, CancellationToken cancellationToken)
    {
        var connection = new ControllerConnection(address, token: null, new CertificateTrust(known.Pin, invocation.GivenPin));
        try
        {
            await connection.Client.GetVersionAsync(cancellationToken);
            return connection;
        }
        catch (CliException e) when (e.Id == CliErrorIds.CertificateUnknown && Terminal.CanAsk)
        {
            var seen = connection.Trust.Refused!;
            connection.Dispose();
            if (!await IsTrustedByUserAsync(invocation, address, seen, cancellationToken))
                throw;
            return new ControllerConnection(address, token: null, new CertificateTrust(remembered: null, seen.Pin));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static async Task<bool> IsTrustedByUserAsync(
        Invocation invocation, Uri address, SeenCertificate seen, CancellationToken cancellationToken)
    {
        invocation.Terminal.Progress(
            $"""
            The certificate of {ControllerAddress.Text(address)} is not known here, and no root of this system vouches for it.
              key      {seen.Pin}
              subject  {seen.Subject}
              valid    {Human.Time(seen.NotBefore, invocation.Clock)} to {Human.Time(seen.NotAfter, invocation.Clock)}
            """);
        return await invocation.Terminal.ConfirmAsync("Is this the key of your controller? Trust it from now on?", cancellationToken);
    }

    private async Task<string> UsernameAsync(Invocation invocation, KnownController known, CancellationToken cancellationToken)
    {
        if (invocation.Value(_username) is { Length: > 0 } given)
            return given;
        if (!Terminal.CanAsk)
            return known.Username ?? throw CliException.Usage("Who signs in? Give --username NAME.");
        var question = known.Username is null ? "Username: " : $"Username [{known.Username}]: ";
        var answer = await invocation.Terminal.AskAsync(question, cancellationToken);
        return answer.Length > 0 ? answer : known.Username ?? throw CliException.Usage("A username is needed.");
    }

    private async Task<string> PasswordAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var secrets = new SecretSource(invocation.Terminal);
        return await secrets.ReadAsync(
            "password", invocation.Value(_passwordStdin), "--password-stdin", "BACKSTAY_PASSWORD", cancellationToken);
    }
}

/// <summary>What <c>login --output json</c> prints. The token stays in the configuration.</summary>
internal sealed record SignedIn(string Controller, string User, DateTimeOffset Expires, string? Pin);
