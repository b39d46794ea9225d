using Backstay.Controller.Agents;
using Backstay.Controller.Api;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>
/// The agent's side of a backup, from the session to its end (steps 3 to 10). Every call names a backup of the agent's own appliance
/// or is answered 404, whoever's it is.
/// </summary>
internal static class UploadsApi
{
    public static IEndpointRouteBuilder MapUploads(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/agent/v1/backups/{id:guid}/session").WithTags("Agent").RequireAgent();
        group.MapPost("", OpenUpload.HandleAsync).RequireRateLimiting(RequestLimits.StoreCalls)
            .WithName("OpenSession").WithSummary("Opens an upload session: a new attempt.");
        group.MapPut("/{attempt:int}/parts/{number:int}", ReceivePart.HandleAsync).DisableRateLimiting()
            .WithName("PutPart").WithSummary("Takes one part of the archive; 204 means that it is durable.");
        group.MapPost("/{attempt:int}/lease", RenewLease.HandleAsync)
            .WithName("RenewLease").WithSummary("Renews the lease and says how far the backup is.");
        group.MapPost("/{attempt:int}/complete", CompleteBackup.HandleAsync).RequireRateLimiting(RequestLimits.StoreCalls)
            .WithName("CompleteUpload").WithSummary("Ends the backup well. Idempotent.");
        group.MapPost("/{attempt:int}/fail", FailUpload.HandleAsync)
            .WithName("FailBackup").WithSummary("Ends the backup badly. Idempotent.");
        return app;
    }
}
