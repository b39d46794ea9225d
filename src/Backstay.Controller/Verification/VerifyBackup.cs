using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Verification;

/// <summary>Queues a proof that somebody asks for. Asked again while it is waiting or under way, the same one is answered.</summary>
internal sealed class VerifyBackup(CatalogContext catalog, WriteGate gate, AuditTrail audit, VerificationHint hint, TimeProvider time)
{
    public static async Task<Results<Accepted<VerificationAccepted>, ApiErrorResult>> HandleAsync(
        RouteId id, RouteId backupId, Caller caller, HttpRequest request, BackupAccess access, VerifyBackup verify, CancellationToken cancellationToken)
    {
        var (backup, appliance, refusal) = await access.BackupAsync(id, backupId, caller, cancellationToken);
        if (backup is null)
            return refusal!;

        var (wish, unreadable) = await RequestBody.ReadAsync(
            request, AdminJson.Default.VerifyRequest, cancellationToken, whenEmpty: new VerifyRequest());
        if (wish is null)
            return unreadable!;

        var strength = wish.Strength ?? VerificationStrength.Digest;
        if (strength > VerificationStrength.Content)
        {
            var errors = new FieldErrors();
            errors.Add("strength", "must be digest or content; a drill is made by an appliance that is set up for it");
            return errors.Refusal!;
        }

        if (Refusal(backup) is { } refused)
            return refused;

        return await verify.QueueAsync(backup, appliance!, strength, caller, cancellationToken) is { } queued
            ? TypedResults.Accepted($"/admin/verifications/{queued}", new VerificationAccepted(queued))
            : ApiErrors.NotFound("backup of this appliance");
    }

    /// <summary>Why there is nothing to verify; null: there is an archive.</summary>
    public static ApiErrorResult? Refusal(BackupEntity backup) => backup.State switch
    {
        BackupState.Succeeded => null,
        BackupState.Failed => ApiErrors.Gone("That backup failed: there is no archive to verify. Its status says why."),
        _ => ApiErrors.PreconditionFailed(ErrorIds.BackupProcessing, "That backup is still being made. Poll its status until it is done."),
    };

    /// <returns>Null: the backup was deleted meanwhile.</returns>
    public async Task<Guid?> QueueAsync(
        BackupEntity backup, ApplianceEntity appliance, VerificationStrength strength, Caller caller, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var verification = new VerificationEntity
        {
            Id = Guid.CreateVersion7(now),
            BackupId = backup.Id,
            ApplianceId = backup.ApplianceId,
            Strength = strength,
            State = VerificationRunState.Waiting,
            RequestedBy = caller.Name,
            Requested = now,
        };
        try
        {
            using (await gate.EnterAsync(cancellationToken))
            {
                if (await UnfinishedAsync(backup.Id, strength, cancellationToken) is { } there)
                    return there;

                catalog.Verifications.Add(verification);
                audit.Add("backup.verify", appliance.Name, $"backup {backup.Id}: asked for", StatusCodes.Status202Accepted);
                await catalog.SaveChangesAsync(cancellationToken);
            }
        }
        catch (DbUpdateException exception) when (exception.IsTaken())
        {
            return await UnfinishedAsync(backup.Id, strength, cancellationToken) ?? verification.Id; // it has ended since
        }
        catch (DbUpdateException exception) when (CatalogErrors.BreaksReference(exception))
        {
            return null;
        }

        hint.Wake();
        return verification.Id;
    }

    /// <summary>
    /// One that is planned comes first from now on, and is read as fast as it goes; one that waits as it could not be read is tried at once.
    /// </summary>
    private async Task<Guid?> UnfinishedAsync(Guid backup, VerificationStrength strength, CancellationToken cancellationToken)
    {
        var unfinished = catalog.Verifications.Where(v =>
            v.BackupId == backup && v.Strength == strength && v.State < VerificationRunState.Passed);
        await unfinished.ExecuteUpdateAsync(set => set.SetProperty(v => v.Planned, false), cancellationToken);
        await unfinished.Where(v => v.State == VerificationRunState.Waiting).ExecuteUpdateAsync(
            set => set.SetProperty(v => v.ClaimUntil, (DateTimeOffset?)null), cancellationToken);
        return await unfinished.Select(v => (Guid?)v.Id).FirstOrDefaultAsync(cancellationToken);
    }
}
