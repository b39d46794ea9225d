using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.User;

/// <summary>Users and roles by name or by id.</summary>
internal static class UserLookup
{
    public static async Task<LocalUser> FindUserAsync(this AdminClient client, string nameOrId, CancellationToken cancellationToken)
    {
        var users = (await client.ListUsersAsync(null, cancellationToken)).Data;
        return users.FirstOrDefault(user => Is(user.Id, user.Name, nameOrId))
            ?? throw CliException.NotFound($"There is no user '{nameOrId}'. See them all with: backstay user list");
    }

    public static async Task<AdministrativeRole> FindRoleAsync(
        this AdminClient client, string nameOrId, CancellationToken cancellationToken)
    {
        var roles = (await client.ListRolesAsync(null, cancellationToken)).Data;
        return roles.FirstOrDefault(role => Is(role.Id, role.Name, nameOrId))
            ?? throw CliException.NotFound($"There is no role '{nameOrId}'. See them all with: backstay role list");
    }

    private static bool Is(Guid? id, string? name, string nameOrId) =>
        Guid.TryParse(nameOrId, out var wanted) ? id == wanted : string.Equals(name, nameOrId, StringComparison.OrdinalIgnoreCase);
}
