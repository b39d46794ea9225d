using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>The agent gives up: the backup ends with the agent's reason and words.</summary>
internal static class FailUpload
{
    public static async Task<Results<NoContent, ApiErrorResult>> HandleAsync(
        Guid id, int attempt, AgentCaller agent, HttpRequest request, CatalogContext catalog, BackupEnding ending,
        CancellationToken cancellationToken)
    {
        var (fail, refusal) = await RequestBody.ReadAsync(request, AgentJson.Default.FailBackup, cancellationToken);
        if (fail is null)
            return refusal!;
        if (fail.Reason is not (FailureReason.SourceFailed or FailureReason.AgentRestarted or FailureReason.Cancelled
            or FailureReason.Integrity or FailureReason.StoreFull))
        {
            return ApiErrors.BadRequest("reason: an agent can say source-failed, agent-restarted, cancelled, integrity or store-full.");
        }

        if (UploadAttempt.Refusal(await catalog.FindAsync(id, agent, cancellationToken), attempt) is null)
        {
            await ending.FailAsync(
                id, BackupFailure.ByAgent(fail.Reason, fail.Message, fail.Output), cancellationToken,
                b => b.State == BackupState.Running && b.Attempt == attempt);
        }

        var backup = await catalog.FindAsync(id, agent, cancellationToken);
        return backup is { State: BackupState.Failed } && backup.Attempt == attempt
            ? TypedResults.NoContent()
            : backup is { State: BackupState.Failed } ? UploadAttempt.Closed(attempt)
            : UploadAttempt.Refusal(backup, attempt) ?? UploadAttempt.Closed(attempt);
    }
}
