using System.CommandLine;
using Backstay.Cli.Commands.User;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Role;

/// <summary><c>backstay role show</c>: what a role allows.</summary>
internal sealed class ShowCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The role, by name or id" };

    public ShowCommand(GlobalOptions global)
        : base(global, "show", "Show what a role allows", "backstay role show Operators")
    {
        Arguments.Add(_name);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var role = await connection.Client.FindRoleAsync(invocation.Value(_name), cancellationToken);
        invocation.Terminal.Result(role, AdminJson.Default.AdministrativeRole, shown => invocation.Terminal.Fields(
            ("Name", shown.Name),
            ("Id", shown.Id?.ToString()),
            ("Notes", shown.Notes),
            ("Privileges", string.Join('\n', (shown.Privileges ?? []).Select(Line)))));
        return ExitCode.Ok;
    }

    private static string Line(Privilege privilege) => $"{privilege.Type} {privilege.Target} {Scope(privilege.Scope)}".TrimEnd();

    private static string Scope(PrivilegeScope? scope)
    {
        if (scope is null or { All: true })
            return "";
        var ids = (scope.Ids ?? []).Select(id => id.ToString());
        var tags = (scope.Tags ?? []).Select(tag => $"tag {tag}");
        return $"({string.Join(", ", ids.Concat(tags))})";
    }
}
