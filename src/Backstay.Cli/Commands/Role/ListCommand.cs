using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Role;

/// <summary><c>backstay role list</c>.</summary>
internal sealed class ListCommand(GlobalOptions global) : CliCommand(
    global, "list", "List the roles that users can have", "backstay role list")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var roles = (await connection.Client.ListRolesAsync(null, cancellationToken)).Data;
        invocation.Terminal.Result(roles, AdminJson.Default.AdministrativeRole, new Columns<AdministrativeRole>()
            .Add("NAME", role => role.Name)
            .AddNumber("PRIVILEGES", role => Human.Count(role.Privileges?.Count))
            .Add("NOTES", role => role.Notes)
            .Add("ID", role => role.Id?.ToString()));
        return ExitCode.Ok;
    }
}
