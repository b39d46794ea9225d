using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Verification;

/// <summary>
/// Keeps what somebody found who proved a content where the key is. It speaks of the bytes that were sealed, never of those in the store: a pass
/// is the content's proof and takes no damage back; a failure condemns nothing by itself, it has the stored bytes looked at and people told.
/// </summary>
internal sealed class ReportVerification(
    CatalogContext catalog, WriteGate gate, VerificationResults results, VerifyBackup verify, AuditTrail audit, TimeProvider time)
{
    private const int MaxMessage = 1000;

    /// <summary>Longer than any archive is read for; what is beyond it is a mistake.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    public static async Task<Results<Ok<VerificationRecord>, ApiErrorResult>> HandleAsync(
        RouteId id,
        RouteId backupId,
        Caller caller,
        HttpContext context,
        BackupAccess access,
        ReportVerification reports,
        CancellationToken cancellationToken)
    {
        var (backup, appliance, refusal) = await access.BackupAsync(id, backupId, caller, cancellationToken);
        if (backup is null)
            return refusal!;

        var (report, unreadable) = await RequestBody.ReadAsync(context.Request, AdminJson.Default.VerificationReport, cancellationToken);
        if (report is null)
            return unreadable!;
        if ((VerifyBackup.Refusal(backup) ?? Check(report, backup)) is { } refused)
            return refused;

        if (await reports.StoreAsync(backup, appliance!, report, caller, cancellationToken) is not { } stored)
            return ApiErrors.NotFound("backup of this appliance");

        context.Response.Headers.Location = $"/admin/verifications/{stored.Id}";
        return TypedResults.Ok(stored);
    }

    private static ApiErrorResult? Check(VerificationReport report, BackupEntity backup)
    {
        var errors = new FieldErrors();
        if (report.State is not (VerificationRunState.Passed or VerificationRunState.Failed))
            errors.Add("state", "must be passed or failed: what could not be looked at is no result");
        if (string.IsNullOrEmpty(report.Sha256))
            errors.Add("sha256", "is required: of the archive that was looked at, in hex");
        else if (!report.Sha256.Equals(Convert.ToHexString(backup.Sha256 ?? []), StringComparison.OrdinalIgnoreCase))
            errors.Add("sha256", "is not that of the archive as it was sealed: other bytes were looked at. Download it again");
        if (report.Seconds is not { } seconds || !double.IsFinite(seconds) || seconds < 0 || seconds > Longest.TotalSeconds)
            errors.Add("seconds", $"must be 0 to {Longest.TotalSeconds:0}");
        if (report.Files < 0)
            errors.Add("files", "must not be negative");
        errors.Text("message", report.Message, MaxMessage);
        return errors.Refusal;
    }

    /// <returns>Null: the backup was deleted meanwhile.</returns>
    private async Task<VerificationRecord?> StoreAsync(
        BackupEntity backup, ApplianceEntity appliance, VerificationReport report, Caller caller, CancellationToken cancellationToken)
    {
        // First, so that there is no such failure without it.
        if (report.State == VerificationRunState.Failed
            && await verify.QueueAsync(backup, appliance, VerificationStrength.Digest, caller, cancellationToken) is null)
        {
            return null;
        }

        var now = time.GetUtcNow();
        var started = now - TimeSpan.FromSeconds(report.Seconds!.Value);
        var said = AgentText.Line(report.Message, MaxMessage);
        var verification = new VerificationEntity
        {
            Id = Guid.CreateVersion7(now),
            BackupId = backup.Id,
            ApplianceId = backup.ApplianceId,
            Strength = VerificationStrength.Content,
            State = report.State!.Value,
            RequestedBy = caller.Name,
            Requested = started,
            Started = started,
            Ended = now,
            Bytes = backup.Size ?? 0,
            Files = report.Files,
            By = $"user {caller.Name}",
            Message = said is { Length: > 0 } ? said : "Reported without a word.",
        };
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            if (!await results.AddReportAsync(verification, appliance.Name, cancellationToken))
                return null;

            var word = verification.State == VerificationRunState.Passed ? "passed" : "failed";
            audit.Add("backup.verify", appliance.Name, $"backup {backup.Id}: {caller.Name} reports that its content {word}. {said}".TrimEnd());
            try
            {
                await catalog.SaveChangesAsync(cancellationToken);
            }
            catch (DbUpdateException exception) when (CatalogErrors.BreaksReference(exception))
            {
                return null;
            }

            await transaction.CommitAsync(cancellationToken);
        }

        results.Wake();
        return new ListedVerification { Verification = verification, ApplianceName = appliance.Name, Size = backup.Size }.ToWire(now);
    }
}
