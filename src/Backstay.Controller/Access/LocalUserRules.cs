using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Access;

/// <summary>What a user can be, and how it gets from the wire to the catalog and back.</summary>
internal static class LocalUserRules
{
    /// <summary>422 with every field that can't be, or null.</summary>
    public static async Task<ApiErrorResult?> CheckAsync(
        LocalUser wish, bool creating, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Id("id", wish.Id);
        errors.Name("name", wish.Name);
        errors.Line("firstName", wish.FirstName, 128);
        errors.Line("lastName", wish.LastName, 128);
        errors.Line("email", wish.Email, 320);
        errors.Text("notes", wish.Notes, 4096);
        errors.Tags("tags", wish.Tags);
        if (wish.Password is null ? creating : wish.Password.Length is < Passwords.Shortest or > Passwords.Longest)
        {
            errors.Add("password", $"must have {Passwords.Shortest} to {Passwords.Longest} characters");
        }

        var roles = wish.Roles?.Distinct().ToList() ?? [];
        if (roles.Count > 100)
        {
            errors.Add("roles", "at most 100 are taken");
        }
        else if (await catalog.AdministrativeRoles.CountAsync(role => roles.Contains(role.Id), cancellationToken) != roles.Count)
        {
            errors.Add("roles", "has an id that no administrative role has");
        }

        return errors.Refusal;
    }

    public static void Copy(LocalUser wish, LocalUserEntity user, DateTimeOffset now)
    {
        user.Name = wish.Name!;
        user.FirstName = wish.FirstName;
        user.LastName = wish.LastName;
        user.Email = wish.Email;
        user.Roles = [.. (wish.Roles ?? []).Distinct()];
        user.Disabled = wish.Disabled;
        user.Notes = wish.Notes;
        user.Tags = [.. (wish.Tags ?? []).Distinct()];
        user.Updated = now;
    }

    /// <summary>As clients read it: the password stays here.</summary>
    public static LocalUser ToWire(LocalUserEntity user) => new(
        user.Id,
        user.Name,
        user.FirstName,
        user.LastName,
        user.Email,
        Password: null,
        user.Roles,
        user.Disabled,
        user.Notes,
        user.Tags,
        user.Created,
        user.Updated);
}
