using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Backups;

/// <summary>The calls of a backup's life, and its lists: the whole admin side of the slice.</summary>
internal static class BackupsApi
{
    private const string Lists = "Those of appliances in the caller's scope, newest first. `query` looks into appliance name, message and who "
        + "asked for it; `filterBy` takes `id`, `applianceId`, `applianceName`, `status`, `result`, `reason`, `verification` and `held`.";

    public static IEndpointRouteBuilder MapBackups(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/admin").WithTags("Backups")
            .RequirePrivilege(PrivilegeType.Backup, PrivilegeTarget.Appliance)
            .Refuses(401, 403);
        group.MapPost("/appliances/{id}/backup", StartBackup.HandleAsync)
            .Takes(typeof(BackupRequest), required: false)
            .Refuses(400, 404, 412, 413, 503)
            .WithSummary("Start a backup")
            .WithDescription("Answered before any work is done; `Location` is the status to poll. Refused (412) for an appliance that isn't "
                + "activated, is offline, or is being backed up. Up to peer version 19 the answer is 200.");
        group.MapGet("/appliances/{id}/backup/{backupId}/status", ShowStatus.HandleAsync)
            .Refuses(404, 412)
            .WithSummary("Follow a backup")
            .WithDescription("`message` says what is happening and exists from peer version 18 on; `output` is there when the backup failed.");
        group.MapMethods("/appliances/{id}/backup/{backupId}", [HttpMethods.Get, HttpMethods.Head], DownloadArchive.HandleAsync)
            .WithMetadata(new AcceptsAnswer(AcceptKinds.Archive), new SendsArchive())
            .RequireRateLimiting(RequestLimits.Downloads)
            .Refuses(404, 410, 412, 416, 503)
            .WithSummary("Download an archive")
            .WithDescription("The OpenPGP file, whole or in ranges; `Repr-Digest` and `ETag` carry its SHA-256. A range that can be met is "
                + "always 206, several come as `multipart/byteranges`.");
        group.MapDelete("/appliances/{id}/backup/{backupId}", RemoveBackup.HandleAsync)
            .WithMetadata(new AcceptsAnswer(AcceptKinds.Archive | AcceptKinds.Json))
            .Refuses(404, 412)
            .WithSummary("Delete a backup")
            .WithDescription("The archive and its row go; a backup that has not ended is cancelled, and stays as a failure. Refused (412) for one that "
                + "is held or locked; the message says by whom, and until when. Up to peer version 19 the answer is 204.");
        group.MapPut("/appliances/{id}/backup/{backupId}/hold", HoldBackup.PlaceAsync)
            .RequireRateLimiting(RequestLimits.StoreCalls)
            .Takes(typeof(HoldRequest))
            .Refuses(400, 404, 410, 412, 413, 422)
            .WithSummary("Hold a backup")
            .WithDescription("Nothing deletes it, no client and no policy, until it is released. Said again by the same user, the reason is replaced.");
        group.MapDelete("/appliances/{id}/backup/{backupId}/hold", HoldBackup.ReleaseAsync)
            .RequireRateLimiting(RequestLimits.StoreCalls)
            .Refuses(404)
            .WithSummary("Release a backup")
            .WithDescription("By the user who holds it, or by one with `Delete` on the appliance. Said again, answered again.");
        group.MapPut("/appliances/{id}/backup/{backupId}/lock", LockBackup.HandleAsync)
            .RequireRateLimiting(RequestLimits.StoreCalls)
            .Takes(typeof(LockRequest))
            .Refuses(400, 404, 410, 412, 413, 422)
            .WithSummary("Lock a backup until a time")
            .WithDescription("Nobody deletes it before then, whatever their privileges. The end can be moved on, never back. A store with Object Lock "
                + "is told, too.");
        group.MapGet("/appliances/{id}/backups", ListBackups.OfApplianceAsync)
            .Refuses(400, 404)
            .WithSummary("List the backups of an appliance")
            .WithDescription(Lists);
        group.MapGet("/backups", ListBackups.OfAllAsync)
            .Refuses(400)
            .WithSummary("List backups")
            .WithDescription(Lists);
        return app;
    }
}
