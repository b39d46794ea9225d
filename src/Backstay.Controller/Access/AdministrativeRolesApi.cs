using System.Linq.Expressions;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Access;

/// <summary>The named lists of privileges that users get. <see cref="Administration"/> has the rules that they share with users.</summary>
internal static class AdministrativeRolesApi
{
    private const int MaxPrivileges = 100;
    private const int MaxScope = 1000;

    private static readonly ListShape<AdministrativeRoleEntity> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<AdministrativeRoleEntity, object?>>>
        {
            ["name"] = role => role.Name,
            ["created"] = role => role.Created,
            ["updated"] = role => role.Updated,
            ["id"] = role => role.Id,
        },
        Holds = pattern => role => EF.Functions.Like(role.Name, pattern, @"\")
            || EF.Functions.Like(role.Notes, pattern, @"\")
            || role.Tags.Any(tag => EF.Functions.Like(tag, pattern, @"\")),
        Filters = new Dictionary<string, Func<string, Expression<Func<AdministrativeRoleEntity, bool>>?>>
        {
            ["name"] = value => role => role.Name == value,
            ["tags"] = value => role => role.Tags.Contains(value),
        },
    };

    public static IEndpointRouteBuilder MapAdministrativeRoles(this IEndpointRouteBuilder app)
    {
        var roles = app.MapGroup("/admin/administrative-roles").WithTags("Roles").Refuses(401, 403);
        roles.MapGet("", ListAsync)
            .RequirePrivilege(PrivilegeType.View, PrivilegeTarget.AdministrativeRole)
            .Refuses(400)
            .WithSummary("List roles")
            .WithDescription("Those in the caller's scope. `filterBy` takes `name` and `tags`.");
        roles.MapPost("", CreateAsync)
            .RequirePrivilege(PrivilegeType.Create, PrivilegeTarget.AdministrativeRole)
            .Takes(typeof(AdministrativeRole))
            .Refuses(400, 409, 413, 422)
            .WithSummary("Create a role")
            .WithDescription("A privilege without a `scope` covers everything. Only privileges that the caller holds can be given (403).");
        roles.MapGet("/{id}", GetAsync)
            .RequirePrivilege(PrivilegeType.View, PrivilegeTarget.AdministrativeRole)
            .Refuses(404)
            .WithSummary("Read a role")
            .WithDescription("Its privileges, and what each of them covers.");
        roles.MapPut("/{id}", PutAsync)
            .RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.AdministrativeRole)
            .Takes(typeof(AdministrativeRole))
            .Refuses(400, 404, 409, 413, 422)
            .WithSummary("Change a role")
            .WithDescription("The whole object, in force for all its users with their next call. The caller has to hold what the role "
                + "has and what it is to have (403).");
        roles.MapDelete("/{id}", DeleteAsync)
            .RequirePrivilege(PrivilegeType.Delete, PrivilegeTarget.AdministrativeRole)
            .Refuses(404, 409)
            .WithSummary("Delete a role")
            .WithDescription("Refused while a user has it (409).");
        return app;
    }

    private static async Task<Results<Ok<PagedList<AdministrativeRole>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var roles = catalog.AdministrativeRoles.AsNoTracking().InScope(caller, PrivilegeTarget.AdministrativeRole, PrivilegeType.View);
        var (list, error) = await query.PageAsync(roles, Shape, ToWire, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<AdministrativeRole>, ApiErrorResult>> GetAsync(
        RouteId id, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var (role, error) = await FindAsync(id, PrivilegeType.View, caller, catalog, cancellationToken);
        return error is null ? TypedResults.Ok(ToWire(role!)) : error;
    }

    private static async Task<Results<Ok<AdministrativeRole>, ApiErrorResult>> CreateAsync(
        HttpContext context,
        Caller caller,
        CatalogContext catalog,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(context.Request, AdminJson.Default.AdministrativeRole, cancellationToken);
        if (wish is null)
        {
            return error!;
        }

        var now = time.GetUtcNow();
        var id = wish.Id ?? Guid.CreateVersion7(now);
        if (!caller.May(PrivilegeType.Create, PrivilegeTarget.AdministrativeRole, id, wish.Tags ?? []))
        {
            return ApiErrors.Forbidden("creating a role outside of your scope");
        }

        if (Check(wish) is { } refusal)
        {
            return refusal;
        }

        if (Administration.RefuseEscalation(caller, wish.Privileges ?? []) is { } escalation)
        {
            return escalation;
        }

        var role = new AdministrativeRoleEntity { Id = id, Name = wish.Name!, Created = now, Updated = now };
        Copy(wish, role, now);
        catalog.AdministrativeRoles.Add(role);
        audit.Add("role.create", role.Name, Describe(role));
        if (await catalog.SaveAsync("role", Taken, cancellationToken) is { } late)
            return late;

        context.Response.Headers.Location = $"/admin/administrative-roles/{role.Id}";
        return TypedResults.Ok(ToWire(role));
    }

    private static async Task<Results<Ok<AdministrativeRole>, ApiErrorResult>> PutAsync(
        RouteId id,
        HttpRequest request,
        Caller caller,
        CatalogContext catalog,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if ((await FindAsync(id, PrivilegeType.Edit, caller, catalog, cancellationToken)).Error is { } notYours)
        {
            return notYours;
        }

        var (wish, error) = await RequestBody.ReadAsync(request, AdminJson.Default.AdministrativeRole, cancellationToken);
        if (wish is null)
        {
            return error!;
        }

        if (Check(wish) is { } refusal)
        {
            return refusal;
        }

        await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
        var role = await catalog.AdministrativeRoles.SingleOrDefaultAsync(r => r.Id == id.Value, cancellationToken);
        if (role is null)
        {
            return ApiErrors.NotFound("role");
        }

        if (Administration.RefuseEscalation(caller, [.. role.Privileges, .. wish.Privileges ?? []]) is { } escalation)
        {
            return escalation;
        }

        if (!caller.May(PrivilegeType.Edit, PrivilegeTarget.AdministrativeRole, id, wish.Tags ?? []))
        {
            return ApiErrors.Forbidden("moving a role out of your scope");
        }

        Copy(wish, role, time.GetUtcNow());
        audit.Add("role.change", role.Name, Describe(role));
        if (await catalog.SaveAsync("role", Taken, cancellationToken) is { } late)
            return late;

        if (await Administration.RefuseLockoutAsync(catalog, cancellationToken) is { } lockout)
        {
            return lockout;
        }

        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Ok(ToWire(role));
    }

    private static async Task<Results<NoContent, ApiErrorResult>> DeleteAsync(
        RouteId id, Caller caller, CatalogContext catalog, AuditTrail audit, CancellationToken cancellationToken)
    {
        await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
        var (role, error) = await FindAsync(id, PrivilegeType.Delete, caller, catalog, cancellationToken);
        if (role is null)
        {
            return error!;
        }

        if (Administration.RefuseEscalation(caller, role.Privileges) is { } escalation)
        {
            return escalation;
        }

        var users = await catalog.LocalUsers.CountAsync(user => user.Roles.Contains(role.Id), cancellationToken);
        if (users > 0)
        {
            return ApiErrors.Conflict(ErrorIds.Conflict, $"{users} user(s) have this role. Take it from them first.");
        }

        catalog.AdministrativeRoles.Remove(role);
        audit.Add("role.delete", role.Name, outcome: StatusCodes.Status204NoContent);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>In the order of all calls: it exists (404), then it is in the caller's scope (403).</summary>
    private static async Task<(AdministrativeRoleEntity? Role, ApiErrorResult? Error)> FindAsync(
        RouteId id, PrivilegeType type, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var role = await catalog.AdministrativeRoles.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id.Value, cancellationToken);
        return role is null ? (null, ApiErrors.NotFound("role"))
            : caller.May(type, PrivilegeTarget.AdministrativeRole, role.Id, role.Tags) ? (role, null)
            : (null, ApiErrors.Forbidden($"{type} on this role"));
    }

    private static ApiErrorResult? Check(AdministrativeRole wish)
    {
        var errors = new FieldErrors();
        errors.Id("id", wish.Id);
        errors.Name("name", wish.Name);
        errors.Text("notes", wish.Notes, 4096);
        errors.Tags("tags", wish.Tags);
        var privileges = wish.Privileges ?? [];
        if (privileges.Count > MaxPrivileges)
        {
            errors.Add("privileges", $"at most {MaxPrivileges} are taken");
        }

        for (var i = 0; i < privileges.Count; i++)
        {
            if (privileges[i] is null)
            {
                errors.Add($"privileges[{i}]", "must be an object");
            }
            else if (privileges[i].Scope is { } scope && (scope.Ids?.Count > MaxScope || scope.Tags?.Count > MaxScope))
            {
                errors.Add($"privileges[{i}].scope", $"at most {MaxScope} ids and {MaxScope} tags are taken");
            }
            else if (privileges[i].Scope?.Tags?.Any(string.IsNullOrEmpty) is true)
            {
                errors.Add($"privileges[{i}].scope.tags", "must not have empty tags");
            }
        }

        return errors.Refusal;
    }

    private static void Copy(AdministrativeRole wish, AdministrativeRoleEntity role, DateTimeOffset now)
    {
        role.Name = wish.Name!;
        role.Notes = wish.Notes;
        role.Tags = [.. (wish.Tags ?? []).Distinct()];
        role.Privileges = [.. wish.Privileges ?? []];
        role.Updated = now;
    }

    private static string Describe(AdministrativeRoleEntity role) =>
        string.Join(", ", role.Privileges.Select(p => $"{p.Type} on {p.Target}{(p.Scope is null or { All: true } ? "" : " (scoped)")}"));

    private static ApiErrorResult Taken() =>
        ApiErrors.Conflict(ErrorIds.Conflict, "Another role has that name or id already. Choose another.");

    private static AdministrativeRole ToWire(AdministrativeRoleEntity role) =>
        new(role.Id, role.Name, role.Notes, role.Tags, role.Privileges, role.Created, role.Updated);
}
