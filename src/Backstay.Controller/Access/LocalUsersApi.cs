using System.Linq.Expressions;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Access;

/// <summary>The users of the local provider. <see cref="Administration"/> has the rules that keep them from growing beyond their maker.</summary>
internal static class LocalUsersApi
{
    private static readonly ListShape<LocalUserEntity> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<LocalUserEntity, object?>>>
        {
            ["name"] = user => user.Name,
            ["created"] = user => user.Created,
            ["updated"] = user => user.Updated,
            ["id"] = user => user.Id,
        },
        Holds = pattern => user => EF.Functions.Like(user.Name, pattern, @"\")
            || EF.Functions.Like(user.FirstName, pattern, @"\")
            || EF.Functions.Like(user.LastName, pattern, @"\")
            || EF.Functions.Like(user.Email, pattern, @"\")
            || EF.Functions.Like(user.Notes, pattern, @"\")
            || user.Tags.Any(tag => EF.Functions.Like(tag, pattern, @"\")),
        Filters = new Dictionary<string, Func<string, Expression<Func<LocalUserEntity, bool>>?>>
        {
            ["name"] = value => user => user.Name == value,
            ["tags"] = value => user => user.Tags.Contains(value),
            ["disabled"] = value => bool.TryParse(value, out var disabled) ? user => user.Disabled == disabled : null,
        },
    };

    public static IEndpointRouteBuilder MapLocalUsers(this IEndpointRouteBuilder app)
    {
        var users = app.MapGroup("/admin/local-users").WithTags("Users").Refuses(401, 403);
        users.MapGet("", ListAsync)
            .RequirePrivilege(PrivilegeType.View, PrivilegeTarget.LocalUser)
            .Refuses(400)
            .WithSummary("List users")
            .WithDescription("Those in the caller's scope. `filterBy` takes `name`, `tags` and `disabled`.");
        users.MapPost("", CreateAsync)
            .RequirePrivilege(PrivilegeType.Create, PrivilegeTarget.LocalUser)
            .Takes(typeof(LocalUser))
            .Refuses(400, 409, 413, 422)
            .WithSummary("Create a user")
            .WithDescription("With a password of 12 to 256 characters. Roles can only give what the caller holds (403).");
        users.MapGet("/{id}", GetAsync)
            .RequirePrivilege(PrivilegeType.View, PrivilegeTarget.LocalUser)
            .Refuses(404)
            .WithSummary("Read a user")
            .WithDescription("With its roles. A password is never shown.");
        users.MapPut("/{id}", PutAsync)
            .RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.LocalUser)
            .Takes(typeof(LocalUser))
            .Refuses(400, 404, 409, 413, 422)
            .WithSummary("Change a user")
            .WithDescription("The whole object; a `password` that is left out stays. A new password, and disabling, revoke all tokens of "
                + "the user. A user who holds more than the caller can't be changed (403); the last enabled user who may do everything "
                + "can't be disabled (409).");
        users.MapDelete("/{id}", DeleteAsync)
            .RequirePrivilege(PrivilegeType.Delete, PrivilegeTarget.LocalUser)
            .Refuses(404, 409)
            .WithSummary("Delete a user")
            .WithDescription("With its tokens. A user who holds more than the caller can't be deleted (403), nor can the last enabled user "
                + "who may do everything (409).");
        return app;
    }

    private static async Task<Results<Ok<PagedList<LocalUser>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var users = catalog.LocalUsers.AsNoTracking().InScope(caller, PrivilegeTarget.LocalUser, PrivilegeType.View);
        var (list, error) = await query.PageAsync(users, Shape, LocalUserRules.ToWire, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<LocalUser>, ApiErrorResult>> GetAsync(
        RouteId id, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var (user, error) = await FindAsync(id, PrivilegeType.View, caller, catalog, cancellationToken);
        return error is null ? TypedResults.Ok(LocalUserRules.ToWire(user!)) : error;
    }

    private static async Task<Results<Ok<LocalUser>, ApiErrorResult>> CreateAsync(
        HttpContext context,
        Caller caller,
        CatalogContext catalog,
        Passwords passwords,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(context.Request, AdminJson.Default.LocalUser, cancellationToken);
        if (wish is null)
        {
            return error!;
        }

        var now = time.GetUtcNow();
        var id = wish.Id ?? Guid.CreateVersion7(now);
        if (!caller.May(PrivilegeType.Create, PrivilegeTarget.LocalUser, id, wish.Tags ?? []))
        {
            return ApiErrors.Forbidden("creating a user outside of your scope");
        }

        if (await LocalUserRules.CheckAsync(wish, creating: true, catalog, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var given = await Administration.PrivilegesOfAsync(catalog, [.. wish.Roles ?? []], cancellationToken);
        if (Administration.RefuseEscalation(caller, given) is { } escalation)
        {
            return escalation;
        }

        var user = new LocalUserEntity
        {
            Id = id,
            Name = wish.Name!,
            PasswordHash = await passwords.HashAsync(wish.Password!, cancellationToken),
            Created = now,
            Updated = now,
        };
        LocalUserRules.Copy(wish, user, now);
        catalog.LocalUsers.Add(user);
        audit.Add("user.create", user.Name);
        if (await catalog.SaveAsync("user", Taken, cancellationToken) is { } late)
            return late;

        context.Response.Headers.Location = $"/admin/local-users/{user.Id}";
        return TypedResults.Ok(LocalUserRules.ToWire(user));
    }

    private static async Task<Results<Ok<LocalUser>, ApiErrorResult>> PutAsync(
        RouteId id,
        HttpRequest request,
        Caller caller,
        CatalogContext catalog,
        Passwords passwords,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if ((await FindAsync(id, PrivilegeType.Edit, caller, catalog, cancellationToken)).Error is { } notYours)
        {
            return notYours;
        }

        var (wish, error) = await RequestBody.ReadAsync(request, AdminJson.Default.LocalUser, cancellationToken);
        if (wish is null)
        {
            return error!;
        }

        if (await LocalUserRules.CheckAsync(wish, creating: false, catalog, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        // Before the transaction: a hash takes a while, and there is one such change at a time.
        var hash = wish.Password is null ? null : await passwords.HashAsync(wish.Password, cancellationToken);
        await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
        var user = await catalog.LocalUsers.SingleOrDefaultAsync(u => u.Id == id.Value, cancellationToken);
        if (user is null)
        {
            return ApiErrors.NotFound("user");
        }

        var touched = await Administration.PrivilegesOfAsync(catalog, [.. user.Roles, .. wish.Roles ?? []], cancellationToken);
        if (Administration.RefuseEscalation(caller, touched) is { } escalation)
        {
            return escalation;
        }

        if (!caller.May(PrivilegeType.Edit, PrivilegeTarget.LocalUser, id, wish.Tags ?? []))
        {
            return ApiErrors.Forbidden("moving a user out of your scope");
        }

        LocalUserRules.Copy(wish, user, time.GetUtcNow());
        user.PasswordHash = hash ?? user.PasswordHash;
        audit.Add("user.change", user.Name, hash is null ? null : "with a new password");
        if (await catalog.SaveAsync("user", Taken, cancellationToken) is { } late)
            return late;

        if (hash is not null || user.Disabled)
        {
            // After the user: a sign-in at the same moment holds its row until its token can be seen here.
            await catalog.Tokens.Where(token => token.UserId == user.Id).ExecuteDeleteAsync(cancellationToken);
        }

        if (await Administration.RefuseLockoutAsync(catalog, cancellationToken) is { } lockout)
        {
            return lockout;
        }

        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Ok(LocalUserRules.ToWire(user));
    }

    private static async Task<Results<NoContent, ApiErrorResult>> DeleteAsync(
        RouteId id, Caller caller, CatalogContext catalog, AuditTrail audit, CancellationToken cancellationToken)
    {
        await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
        var (user, error) = await FindAsync(id, PrivilegeType.Delete, caller, catalog, cancellationToken);
        if (user is null)
        {
            return error!;
        }

        var held = await Administration.PrivilegesOfAsync(catalog, user.Roles, cancellationToken);
        if (Administration.RefuseEscalation(caller, held) is { } escalation)
        {
            return escalation;
        }

        catalog.LocalUsers.Remove(user);
        audit.Add("user.delete", user.Name, outcome: StatusCodes.Status204NoContent);
        await catalog.SaveChangesAsync(cancellationToken);
        if (await Administration.RefuseLockoutAsync(catalog, cancellationToken) is { } lockout)
        {
            return lockout;
        }

        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>In the order of all calls: it exists (404), then it is in the caller's scope (403).</summary>
    private static async Task<(LocalUserEntity? User, ApiErrorResult? Error)> FindAsync(
        RouteId id, PrivilegeType type, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var user = await catalog.LocalUsers.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id.Value, cancellationToken);
        return user is null ? (null, ApiErrors.NotFound("user"))
            : caller.May(type, PrivilegeTarget.LocalUser, user.Id, user.Tags) ? (user, null)
            : (null, ApiErrors.Forbidden($"{type} on this user"));
    }

    private static ApiErrorResult Taken() =>
        ApiErrors.Conflict(ErrorIds.Conflict, "Another user has that name or id already. Choose another.");
}
