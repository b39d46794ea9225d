using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.User;

/// <summary><c>backstay user password</c>.</summary>
internal sealed class PasswordCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The user, by name or id" };
    private readonly Option<bool> _passwordStdin = PasswordOptions.Stdin();

    public PasswordCommand(GlobalOptions global)
        : base(global, "password", "Give a user a new password", "backstay user password anna --password-stdin < password-file")
    {
        Arguments.Add(_name);
        Options.Add(_passwordStdin);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var user = await connection.Client.FindUserAsync(invocation.Value(_name), cancellationToken);
        var password = await PasswordOptions.ReadNewAsync(invocation, invocation.Value(_passwordStdin), cancellationToken);
        var updated = await connection.Client.UpdateUserAsync(user.Id!.Value, user with { Password = password }, cancellationToken);
        invocation.Terminal.Result(updated, AdminJson.Default.LocalUser, shown =>
            invocation.Terminal.Line($"{shown.Name} has a new password."));
        return ExitCode.Ok;
    }
}
