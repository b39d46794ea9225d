using System.Linq.Expressions;
using Backstay.Controller.Agents;
using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Controller.Notifications;
using Backstay.Controller.Storage;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query;

namespace Backstay.Controller.Backups;

/// <summary>
/// The one place where a backup ends. Its state changes by compare-and-set together with the outbox row of its notification, in
/// one transaction (step 10): whoever comes second, on whichever controller, finds that it has ended and changes nothing.
/// </summary>
internal sealed partial class BackupEnding(
    CatalogContext catalog,
    WriteGate gate,
    NotificationOutbox outbox,
    EventOutbox events,
    Removals removals,
    IHintChannel hints,
    VerificationHint verificationHint,
    AdmissionHint admission,
    BackupMetrics metrics,
    TimeProvider time,
    ILogger<BackupEnding> logger)
{
    /// <summary>What people read of a success.</summary>
    public static string MessageOf(UploadSummary summary) =>
        summary.Warnings == 0 ? "The backup is complete." : $"The backup is complete, with {summary.Warnings} warnings.";

    /// <summary>Ends a backup well.</summary>
    /// <param name="attempt">Only if this is still the attempt in force.</param>
    /// <param name="readBackSince">When its stored bytes began to be read, and were found to be what was sealed; null where nobody has looked:
    /// then it is verified soon.</param>
    /// <returns>False when it had ended, or the attempt was closed, before.</returns>
    public async Task<bool> SucceedAsync(
        Guid backupId, int attempt, CompleteUpload complete, DateTimeOffset ended, DateTimeOffset? readBackSince, CancellationToken cancellationToken)
    {
        var verification = readBackSince is null ? VerificationState.Pending : VerificationState.Verified;
        var verified = readBackSince is null ? (DateTimeOffset?)null : ended;
        var sha256 = Convert.FromHexString(complete.Sha256);
        var summary = System.Text.Json.JsonSerializer.Serialize(complete.Summary, AgentJson.Default.UploadSummary);
        var message = MessageOf(complete.Summary);
        var backup = await EndAsync(
            b => b.Id == backupId && b.State == BackupState.Running && b.Attempt == attempt,
            set => set
                .SetProperty(b => b.State, BackupState.Succeeded)
                .SetProperty(b => b.Ended, ended)
                .SetProperty(b => b.Message, message)
                .SetProperty(b => b.Parts, complete.Parts)
                .SetProperty(b => b.Size, complete.Size)
                .SetProperty(b => b.Sha256, sha256)
                .SetProperty(b => b.Summary, summary)
                .SetProperty(b => b.ArchiveFiles, complete.Summary.Files)
                .SetProperty(b => b.Warnings, complete.Summary.Warnings)
                .SetProperty(b => b.Verification, verification)
                .SetProperty(b => b.Verified, verified)
                .SetProperty(b => b.ProtectedSessionKey, (byte[]?)null),
            ending => AddReadBack(ending, readBackSince),
            cancellationToken);
        if (backup is null)
            return false;

        Log.Succeeded(logger, backup.Id, backup.ApplianceId, backup.Size ?? 0, attempt);
        if (readBackSince is null)
            verificationHint.Wake();
        return true;
    }

    /// <summary>Ends an unfinished backup badly, tells its agent, and has thrown away what it had sent.</summary>
    /// <param name="onlyIf">What else has to be true of the row for that.</param>
    /// <param name="also">Adds what has to commit together with the end.</param>
    /// <param name="unseen">The store could not be asked whether there is a finished archive: one stays.</param>
    /// <returns>False when it had ended before, or <paramref name="onlyIf"/> isn't true.</returns>
    public async Task<bool> FailAsync(
        Guid backupId,
        BackupFailure failure,
        CancellationToken cancellationToken,
        Expression<Func<BackupEntity, bool>>? onlyIf = null,
        Action? also = null,
        bool unseen = false)
    {
        var now = time.GetUtcNow();
        Expression<Func<BackupEntity, bool>> unfinished = b => b.Id == backupId && b.State < BackupState.Succeeded;
        var backup = await EndAsync(
            unfinished,
            set => set
                .SetProperty(b => b.State, BackupState.Failed)
                .SetProperty(b => b.Ended, now)
                .SetProperty(b => b.Reason, failure.Reason)
                .SetProperty(b => b.Message, failure.Message)
                .SetProperty(b => b.Output, failure.Output)
                .SetProperty(b => b.ProtectedSessionKey, (byte[]?)null),
            _ => also?.Invoke(),
            cancellationToken,
            onlyIf);
        if (backup is null)
            return false;

        Log.Failed(logger, backup.Id, backup.ApplianceId, failure.Reason, backup.Attempt);
        await hints.SendAsync(AgentHint.Cancel(backup.ApplianceId, backup.Id));
        removals.Discard(new ArchiveKey(backup.Id, backup.Attempt), unseen);
        return true;
    }

    /// <summary>
    /// Ends what an appliance's agent has not finished, once that agent is locked out. Said to the end, whoever leaves: should this
    /// controller stop in the middle, the lease ends the rest.
    /// </summary>
    public async Task FailUnfinishedAsync(Guid applianceId, BackupFailure failure)
    {
        var unfinished = await catalog.Backups
            .Where(b => b.ApplianceId == applianceId && b.State < BackupState.Succeeded)
            .Select(b => b.Id)
            .ToListAsync(CancellationToken.None);
        foreach (var backup in unfinished)
            await FailAsync(backup, failure, CancellationToken.None);
    }

    /// <summary>Step 10 proved the stored bytes: the first of the backup's verifications.</summary>
    private void AddReadBack(BackupEntity backup, DateTimeOffset? since)
    {
        if (since is null)
            return;

        catalog.Verifications.Add(new VerificationEntity
        {
            Id = Guid.CreateVersion7(since.Value),
            BackupId = backup.Id,
            ApplianceId = backup.ApplianceId,
            Strength = VerificationStrength.Digest,
            State = VerificationRunState.Passed,
            Planned = true,
            RequestedBy = VerificationPlan.RequestedBy,
            Requested = since.Value,
            Started = since,
            Ended = backup.Ended,
            Bytes = backup.Size ?? 0,
            By = VerificationRunner.By,
            Message = "The stored bytes were read back before success was said.",
        });
    }

    private async Task<BackupEntity?> EndAsync(
        Expression<Func<BackupEntity, bool>> from,
        Action<UpdateSettersBuilder<BackupEntity>> set,
        Action<BackupEntity> also,
        CancellationToken cancellationToken,
        Expression<Func<BackupEntity, bool>>? onlyIf = null)
    {
        BackupEntity backup;
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            var rows = catalog.Backups.Where(from);
            rows = onlyIf is null ? rows : rows.Where(onlyIf);
            var id = await rows.Select(b => (Guid?)b.Id).FirstOrDefaultAsync(cancellationToken);
            if (id is null || await rows.ExecuteUpdateAsync(set, cancellationToken) == 0)
                return null;

            backup = await catalog.Backups.AsNoTracking().FirstAsync(b => b.Id == id, cancellationToken);
            var name = await catalog.Appliances.Where(a => a.Id == backup.ApplianceId).Select(a => a.Name).FirstAsync(cancellationToken);
            await catalog.Parts.Where(p => p.BackupId == id).ExecuteDeleteAsync(cancellationToken);
            outbox.Add(catalog, backup, name);

            // Who cancelled it knows.
            if (backup.Reason is { } reason and not FailureReason.Cancelled)
                events.Add(catalog, EventKind.BackupFailed, backup.ApplianceId, backup.Id, FailureOf(backup, name, reason));
            also(backup);
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        outbox.Wake();
        events.Wake();
        admission.Wake();
        metrics.Ended(backup.Reason, backup.Ended!.Value - backup.Created);
        return backup;
    }

    private static string FailureOf(BackupEntity backup, string appliance, FailureReason reason) =>
        $"The backup of {appliance} failed ({System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString())}). {backup.Output ?? backup.Message}";

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Backup {Backup} of appliance {Appliance} succeeded: {Size} bytes in attempt {Attempt}.")]
        public static partial void Succeeded(ILogger logger, Guid backup, Guid appliance, long size, int attempt);

        [LoggerMessage(LogLevel.Warning, "Backup {Backup} of appliance {Appliance} failed in attempt {Attempt}: {Reason}.")]
        public static partial void Failed(ILogger logger, Guid backup, Guid appliance, FailureReason reason, int attempt);
    }
}
