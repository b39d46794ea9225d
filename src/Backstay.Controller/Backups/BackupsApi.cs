using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Backups;

/// <summary>The calls of a backup's life, and its lists: the whole admin side of the slice.</summary>
internal static class BackupsApi
{
    public static IEndpointRouteBuilder MapBackups(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/admin").WithTags("Backups").RequirePrivilege(PrivilegeType.Backup, PrivilegeTarget.Appliance);
        var archive = new AcceptsAnswer(AcceptKinds.Archive);
        var either = new AcceptsAnswer(AcceptKinds.Archive | AcceptKinds.Json);

        group.MapPost("/appliances/{id}/backup", StartBackup.HandleAsync)
            .WithName("StartBackup").WithSummary("Starts a backup of an appliance.");
        group.MapGet("/appliances/{id}/backup/{backupId}/status", ShowStatus.HandleAsync)
            .WithName("BackupStatus").WithSummary("How far a backup is, or how it ended.");
        group.MapMethods("/appliances/{id}/backup/{backupId}", [HttpMethods.Get, HttpMethods.Head], DownloadArchive.HandleAsync)
            .WithName("DownloadBackup").WithSummary("The sealed archive of a successful backup, whole or in ranges.").WithMetadata(archive);
        group.MapDelete("/appliances/{id}/backup/{backupId}", RemoveBackup.HandleAsync)
            .WithName("DeleteBackup").WithSummary("Deletes a backup and its archive; cancels one that has not ended.").WithMetadata(either);
        group.MapGet("/appliances/{id}/backups", ListBackups.OfApplianceAsync)
            .WithName("BackupsOfAppliance").WithSummary("The backups of an appliance, newest first.");
        group.MapGet("/backups", ListBackups.OfAllAsync)
            .WithName("Backups").WithSummary("The backups of every appliance within the caller's scope, newest first.");
        return app;
    }
}
