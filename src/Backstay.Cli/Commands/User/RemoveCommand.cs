using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.User;

/// <summary><c>backstay user remove</c>.</summary>
internal sealed class RemoveCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The user, by name or id" };
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public RemoveCommand(GlobalOptions global)
        : base(global, "remove", "Remove a user", "backstay user remove anna --yes")
    {
        Arguments.Add(_name);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var user = await connection.Client.FindUserAsync(invocation.Value(_name), cancellationToken);
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), $"Remove the user {user.Name}?", cancellationToken))
            return ExitCode.Failure;
        await connection.Client.DeleteUserAsync(user.Id!.Value, cancellationToken);
        invocation.Terminal.Result(user, AdminJson.Default.LocalUser, removed => invocation.Terminal.Line($"Removed {removed.Name}."));
        return ExitCode.Ok;
    }
}
