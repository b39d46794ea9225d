using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Verification;

/// <summary>Proofs of backups: asked for, and looked at.</summary>
internal static class VerificationsApi
{
    public static IEndpointRouteBuilder MapVerifications(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/admin").WithTags("Verification")
            .RequirePrivilege(PrivilegeType.Backup, PrivilegeTarget.Appliance)
            .Refuses(401, 403);
        group.MapPost("/appliances/{id}/backup/{backupId}/verify", VerifyBackup.HandleAsync)
            .Takes(typeof(VerifyRequest), required: false)
            .Refuses(400, 404, 410, 412, 413, 422)
            .WithSummary("Verify a backup")
            .WithDescription("`strength` is `digest` (the stored bytes are those that were sealed; when left out) or `content` (it opens, and every "
                + "file has the SHA-256 that was written down with it). Answered before any work is done; `Location` is what to poll. Asked again "
                + "while it is under way, it is the same verification.");
        group.MapPost("/appliances/{id}/backup/{backupId}/verifications", ReportVerification.HandleAsync)
            .Takes(typeof(VerificationReport))
            .Refuses(400, 404, 410, 412, 413, 422)
            .WithSummary("Report a verification")
            .WithDescription("Keeps what was found where the key is, of an archive that the controller can't open: `state` is `passed` or `failed`, `sha256` that of "
                + "the archive that was looked at, which has to be the sealed one. It is listed as a verification of the strength `content`, by `user NAME`. "
                + "`failed` doesn't make the backup damaged: an event tells of it, and the stored bytes are verified.");
        group.MapGet("/verifications", ListAsync)
            .Refuses(400)
            .WithSummary("List verifications")
            .WithDescription("Those of backups of appliances in the caller's scope, newest first: waiting, under way and ended. `query` looks into "
                + "appliance name, message and who asked for it; `filterBy` takes `id`, `backupId`, `applianceId`, `applianceName`, `strength` and "
                + "`state` (`waiting`, `running`, `passed`, `failed`, `impossible`).");
        group.MapGet("/verifications/{id}", GetAsync)
            .Refuses(404)
            .WithSummary("Read a verification")
            .WithDescription("`bytes` of `size` say how far it is. `failed`: the backup is damaged; by `user NAME`: that user reported so. `impossible`: it could not be looked at in this "
                + "way, which says nothing about the backup; `message` says why and what to do.");
        return app;
    }

    private static async Task<Results<Ok<PagedList<VerificationRecord>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, TimeProvider time, CancellationToken cancellationToken)
    {
        // Newest first, unless another order is asked for.
        var newestFirst = string.IsNullOrEmpty(query.OrderBy) && string.IsNullOrEmpty(query.Descending);
        var now = time.GetUtcNow();
        var (list, refusal) = await (newestFirst ? query with { Descending = "true" } : query).PageAsync(
            Rows(catalog, InScope(caller, catalog)), ListedVerification.Shape, listed => listed.ToWire(now), cancellationToken);
        return list is null ? refusal! : TypedResults.Ok(list);
    }

    private static async Task<Results<Ok<VerificationRecord>, ApiErrorResult>> GetAsync(
        RouteId id, Caller caller, CatalogContext catalog, TimeProvider time, CancellationToken cancellationToken)
    {
        // In the order of all calls: it exists (404), then it is in the caller's scope (403).
        var listed = await Rows(catalog, catalog.Appliances).FirstOrDefaultAsync(v => v.Verification.Id == id.Value, cancellationToken);
        if (listed is null)
            return ApiErrors.NotFound("verification");

        return await InScope(caller, catalog).AnyAsync(a => a.Id == listed.Verification.ApplianceId, cancellationToken)
            ? TypedResults.Ok(listed.ToWire(time.GetUtcNow()))
            : ApiErrors.Forbidden("verifications of that appliance's backups");
    }

    private static IQueryable<ApplianceEntity> InScope(Caller caller, CatalogContext catalog) =>
        catalog.Appliances.InScope(caller, PrivilegeTarget.Appliance, PrivilegeType.Backup);

    private static IQueryable<ListedVerification> Rows(CatalogContext catalog, IQueryable<ApplianceEntity> appliances) =>
        from verification in catalog.Verifications.AsNoTracking()
        join backup in catalog.Backups on verification.BackupId equals backup.Id
        join appliance in appliances on verification.ApplianceId equals appliance.Id
        where backup.Deleted == null
        select new ListedVerification { Verification = verification, ApplianceName = appliance.Name, Size = backup.Size };
}
