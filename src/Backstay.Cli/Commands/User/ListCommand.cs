using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.User;

/// <summary><c>backstay user list</c>.</summary>
internal sealed class ListCommand(GlobalOptions global) : CliCommand(
    global, "list", "List the users of the local provider", "backstay user list")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var users = (await connection.Client.ListUsersAsync(null, cancellationToken)).Data;
        var roles = invocation.Terminal.Format == OutputFormat.Table ? await RoleNamesAsync(connection.Client, cancellationToken) : [];
        invocation.Terminal.Result(users, AdminJson.Default.LocalUser, new Columns<LocalUser>()
            .Add("NAME", user => user.Name)
            .Add("ROLES", user => string.Join(", ", (user.Roles ?? []).Select(id => roles.GetValueOrDefault(id, id.ToString()))))
            .Add("DISABLED", user => user.Disabled ? "yes" : "")
            .Add("EMAIL", user => user.Email)
            .Add("CREATED", user => Human.Time(user.Created, invocation.Clock))
            .Add("ID", user => user.Id?.ToString()));
        return ExitCode.Ok;
    }

    private static async Task<Dictionary<Guid, string>> RoleNamesAsync(AdminClient client, CancellationToken cancellationToken) =>
        (await client.ListRolesAsync(null, cancellationToken)).Data
            .Where(role => role.Id is not null)
            .ToDictionary(role => role.Id!.Value, role => role.Name ?? "");
}
