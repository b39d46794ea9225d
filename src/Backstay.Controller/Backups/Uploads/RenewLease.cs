using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>Step 8: the lease is renewed, and progress travels with it.</summary>
internal sealed partial class RenewLease
{
    public static async Task<Results<NoContent, ApiErrorResult>> HandleAsync(
        Guid id, int attempt, AgentCaller agent, HttpRequest request, CatalogContext catalog, WriteGate gate,
        IOptions<BackupOptions> options, TimeProvider time, ILogger<RenewLease> logger, CancellationToken cancellationToken)
    {
        var (renewal, refusal) = await RequestBody.ReadAsync(request, AgentJson.Default.LeaseRenewal, cancellationToken);
        if (renewal is null)
            return refusal!;
        if (renewal is { Files: < 0 } or { FilesTotal: < 0 } or { Bytes: < 0 } or { BytesTotal: < 0 })
            return ApiErrors.BadRequest("files and bytes can't be negative.");

        var message = AgentText.Line(renewal.Message, BackupFailure.MaxMessage);
        using (await gate.EnterAsync(cancellationToken))
        {
            var lease = time.GetUtcNow() + options.Value.Lease;
            var open = await catalog.Backups
                .Where(b => b.Id == id && b.ApplianceId == agent.ApplianceId && b.State == BackupState.Running && b.Attempt == attempt)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(b => b.LeaseUntil, lease)
                        .SetProperty(b => b.Phase, renewal.Phase)
                        .SetProperty(b => b.Files, renewal.Files)
                        .SetProperty(b => b.FilesTotal, renewal.FilesTotal)
                        .SetProperty(b => b.Bytes, renewal.Bytes)
                        .SetProperty(b => b.BytesTotal, renewal.BytesTotal)
                        .SetProperty(b => b.Message, message),
                    cancellationToken);
            if (open == 1)
            {
                Log.Renewed(logger, new ArchiveKey(id, attempt), renewal.Phase);
                return TypedResults.NoContent();
            }
        }

        return UploadAttempt.Refusal(await catalog.FindAsync(id, agent, cancellationToken), attempt) ?? UploadAttempt.Closed(attempt);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Step 8: the lease of attempt {Key} is renewed ({Phase}).")]
        public static partial void Renewed(ILogger logger, ArchiveKey key, BackupPhase phase);
    }
}
