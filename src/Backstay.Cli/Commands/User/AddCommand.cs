using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.User;

/// <summary><c>backstay user add</c>.</summary>
internal sealed class AddCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "What the user signs in with" };
    private readonly Option<string[]> _roles = new("--role") { Description = "A role, by name or id; may be given again", HelpName = "ROLE" };
    private readonly Option<string?> _email = new("--email") { Description = "For people", HelpName = "ADDRESS" };
    private readonly Option<bool> _passwordStdin = PasswordOptions.Stdin();

    public AddCommand(GlobalOptions global)
        : base(global, "add", "Add a user", "backstay user add anna --role Operators --password-stdin < password-file")
    {
        Arguments.Add(_name);
        Options.Add(_roles);
        Options.Add(_email);
        Options.Add(_passwordStdin);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var roles = new List<Guid>();
        foreach (var role in invocation.Value(_roles) ?? [])
            roles.Add((await connection.Client.FindRoleAsync(role, cancellationToken)).Id!.Value);
        var password = await PasswordOptions.ReadNewAsync(invocation, invocation.Value(_passwordStdin), cancellationToken);
        var wanted = new LocalUser(
            Id: null, invocation.Value(_name), Email: invocation.Value(_email), Password: password, Roles: roles);
        var added = await connection.Client.CreateUserAsync(wanted, cancellationToken);
        invocation.Terminal.Result(added, AdminJson.Default.LocalUser, shown =>
            invocation.Terminal.Line($"Added {shown.Name} ({shown.Id})."));
        return ExitCode.Ok;
    }
}
