using System.Linq.Expressions;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Retention;

/// <summary>
/// The policies. Who may delete the backups of all that a policy selects, by <c>Backup</c> on <c>Appliance</c>, may make, change and
/// remove it; the policies themselves are no secret to who may back up anything.
/// </summary>
internal static class RetentionApi
{
    private const string Thing = "retention policy";

    private static readonly ListShape<RetentionPolicyEntity> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<RetentionPolicyEntity, object?>>>
        {
            ["name"] = policy => policy.Name,
            ["created"] = policy => policy.Created,
            ["updated"] = policy => policy.Updated,
            ["id"] = policy => policy.Id,
        },
        Holds = pattern => policy => EF.Functions.Like(policy.Name, pattern, @"\") || EF.Functions.Like(policy.Notes, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<RetentionPolicyEntity, bool>>?>>
        {
            ["name"] = value => policy => policy.Name == value,
        },
    };

    public static IEndpointRouteBuilder MapRetention(this IEndpointRouteBuilder app)
    {
        var policies = app.MapGroup("/admin/retention-policies").WithTags("Retention").Refuses(401, 403);
        var reading = policies.MapGroup("").RequirePrivilege(PrivilegeType.Backup, PrivilegeTarget.Appliance);
        reading.MapGet("", ListAsync)
            .Refuses(400)
            .WithSummary("List retention policies")
            .WithDescription("All of them. `filterBy` takes `name`.");
        reading.MapPost("", CreateAsync)
            .Takes(typeof(RetentionPolicy))
            .Refuses(400, 409, 413, 422)
            .WithSummary("Create a retention policy")
            .WithDescription("It is applied with the next round: see what it would let go with `/retention-policies/preview` before. The caller "
                + "needs `Backup` on all that it selects (403).");
        reading.MapGet("/{id}", GetAsync)
            .Refuses(404)
            .WithSummary("Read a retention policy")
            .WithDescription("Its rules, and which appliances it selects. What it lets go is in `/retention-policies/preview`.");
        reading.MapPut("/{id}", PutAsync)
            .Takes(typeof(RetentionPolicy))
            .Refuses(400, 404, 409, 413, 422)
            .WithSummary("Change a retention policy")
            .WithDescription("The whole object; saved as it is, it confirms a policy that `awaitsConfirmation`. The caller needs `Backup` on all that it selects and is to select (403); of the default policy "
                + "`appliances` isn't looked at.");
        reading.MapDelete("/{id}", DeleteAsync)
            .Refuses(404, 409)
            .WithSummary("Delete a retention policy")
            .WithDescription("What it kept may go with the next round: see what, with `without` in `/retention-policies/preview`. The default policy can't be deleted (409).");
        reading.MapPost("/preview", RetentionPreviews.HandleAsync)
            .Takes(typeof(RetentionPreviewRequest), required: false)
            .Refuses(400, 413, 422)
            .WithSummary("See what would stay and what would go")
            .WithDescription("By the policies that are saved, or as they would be with the one in the body, or without the one that it names. Changes "
                + "nothing. A list of appliances in the caller's scope, with all the parameters of `/appliances`, of which an answer has at most "
                + $"{RetentionPreviews.MostAppliances}: ask with `range` for the next; each with its backups, newest first, and the reasons of each.");
        reading.MapGet("/clock", RetentionClockApi.GetAsync)
            .WithSummary("See whether the controller's clock is believed")
            .WithDescription("The clock of the controller that answers. While it isn't believed, that controller prunes nothing.");
        policies.MapPost("/clock/confirm", RetentionClockApi.ConfirmAsync)
            .RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.GlobalSetting)
            .Takes(typeof(ClockConfirmation))
            .Refuses(400, 412, 413)
            .WithSummary("Confirm the controller's clock")
            .WithDescription("After a jump, or when all controllers were off for long. Refused (412) if the controller's clock isn't within five minutes "
                + "of the time in the body: set the clock right first.");
        return app;
    }

    private static async Task<Results<Ok<PagedList<RetentionPolicy>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var (list, error) = await query.PageAsync(catalog.RetentionPolicies.AsNoTracking(), Shape, PolicyForm.ToWire, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<RetentionPolicy>, ApiErrorResult>> GetAsync(
        RouteId id, CatalogContext catalog, CancellationToken cancellationToken) =>
        await FindAsync(id, catalog, cancellationToken) is { } policy ? TypedResults.Ok(PolicyForm.ToWire(policy)) : NotFound();

    private static async Task<Results<Ok<RetentionPolicy>, ApiErrorResult>> CreateAsync(
        HttpContext context, Caller caller, CatalogContext catalog, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(context.Request, AdminJson.Default.RetentionPolicy, cancellationToken);
        if (wish is null)
            return error!;
        if ((PolicyForm.Check(wish, isDefault: false) ?? Refuse(caller, wish.Appliances!)) is { } refusal)
            return refusal;

        var now = time.GetUtcNow();
        var policy = PolicyForm.Make(wish, wish.Id ?? Guid.CreateVersion7(now), now);
        catalog.RetentionPolicies.Add(policy);
        audit.Add("retention-policy.create", policy.Name, PolicyForm.Describe(policy));
        if (await catalog.SaveAsync(Thing, Taken, cancellationToken) is { } late)
            return late;

        context.Response.Headers.Location = $"/admin/retention-policies/{policy.Id}";
        return TypedResults.Ok(PolicyForm.ToWire(policy));
    }

    private static async Task<Results<Ok<RetentionPolicy>, ApiErrorResult>> PutAsync(
        RouteId id,
        HttpRequest request,
        Caller caller,
        CatalogContext catalog,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await FindAsync(id, catalog, cancellationToken) is not { } policy)
            return NotFound();
        if (Refuse(caller, policy.Appliances) is { } notYours)
            return notYours;

        var (wish, error) = await RequestBody.ReadAsync(request, AdminJson.Default.RetentionPolicy, cancellationToken);
        if (wish is null)
            return error!;
        if ((PolicyForm.Check(wish, policy.IsDefault) ?? Refuse(caller, policy.IsDefault ? policy.Appliances : wish.Appliances!)) is { } refusal)
            return refusal;

        PolicyForm.Copy(wish, policy, time.GetUtcNow());
        catalog.RetentionPolicies.Update(policy);
        audit.Add("retention-policy.change", policy.Name, PolicyForm.Describe(policy));
        if (await catalog.SaveAsync(Thing, Taken, cancellationToken) is { } late)
            return late;

        return TypedResults.Ok(PolicyForm.ToWire(policy));
    }

    private static async Task<Results<NoContent, ApiErrorResult>> DeleteAsync(
        RouteId id, Caller caller, CatalogContext catalog, AuditTrail audit, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, catalog, cancellationToken) is not { } policy)
            return NotFound();
        if (Refuse(caller, policy.Appliances) is { } refusal)
            return refusal;
        if (policy.IsDefault)
            return ApiErrors.Conflict(ErrorIds.Conflict, "The default policy stays: it is what applies where no other does. Change it instead.");

        catalog.RetentionPolicies.Remove(policy);
        audit.Add("retention-policy.delete", policy.Name, PolicyForm.Describe(policy), StatusCodes.Status204NoContent);
        if (await catalog.SaveAsync(Thing, taken: null, cancellationToken) is { } late)
            return late;

        return TypedResults.NoContent();
    }

    private static Task<RetentionPolicyEntity?> FindAsync(RouteId id, CatalogContext catalog, CancellationToken cancellationToken) =>
        catalog.RetentionPolicies.AsNoTracking().SingleOrDefaultAsync(p => p.Id == id.Value, cancellationToken);

    private static ApiErrorResult? Refuse(Caller caller, ApplianceSelection selection) =>
        caller.MayAll(PrivilegeType.Backup, selection) ? null : ApiErrors.Forbidden("Backup on all appliances that the policy selects");

    private static ApiErrorResult NotFound() => ApiErrors.NotFound(Thing);

    private static ApiErrorResult Taken() =>
        ApiErrors.Conflict(ErrorIds.Conflict, "Another retention policy has that name or id already. Choose another.");
}
