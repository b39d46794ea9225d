using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Verification;

/// <summary>
/// Takes one proof of the queue, makes it, and writes the result down with all that follows from it. Every controller does this: a claim
/// in the row gives each to one of them.
/// </summary>
internal sealed partial class VerificationRunner(
    IServiceScopeFactory scopes, WriteGate gate, IOptions<VerificationOptions> options, TimeProvider time, ILogger<VerificationRunner> logger)
{
    /// <summary>Who looks, in results.</summary>
    public static readonly string By = $"controller {Environment.MachineName}";

    /// <summary>False: there is nothing to verify now.</summary>
    public async Task<bool> VerifyNextAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var now = time.GetUtcNow();
        var impossible = now + VerificationClaim.FurthestAhead;

        // What somebody waits for comes first.
        var next = await catalog.Verifications.AsNoTracking()
            .Where(v => v.State < VerificationRunState.Passed
                && v.Strength < VerificationStrength.Drill
                && (v.ClaimUntil == null || v.ClaimUntil <= now || v.ClaimUntil > impossible))
            .OrderBy(v => v.Planned).ThenBy(v => v.Requested).ThenBy(v => v.Id)
            .FirstOrDefaultAsync(cancellationToken);
        if (next is null)
            return false;

        var claim = new VerificationClaim(catalog, next, time);
        if (!await claim.TakeAsync(By, cancellationToken))
            return true; // another controller has it

        var backup = await catalog.Backups.AsNoTracking().FirstOrDefaultAsync(b => b.Id == next.BackupId && b.Deleted == null, cancellationToken);
        if (backup is null)
            return true; // the row goes with its backup

        Log.Reading(logger, backup.Id, next.Strength);
        try
        {
            var proof = await scope.ServiceProvider.GetRequiredService<ArchiveProofs>().MakeAsync(
                backup, next.Strength, next.Planned ? options.Value.BytesPerSecond : null, claim.KeepAsync, cancellationToken);
            await RecordAsync(scope.ServiceProvider, catalog, next, claim, proof, cancellationToken);
        }
        catch (ArchiveStoreException exception)
        {
            // Not being able to look is no proof of damage.
            Log.Unreadable(logger, backup.Id, exception);
            await PostponeAsync(scope.ServiceProvider, next, claim, $"The store can't be read now; it is tried again. {exception.Message}", cancellationToken);
        }
        catch (ClaimLostException)
        {
            Log.Lost(logger, backup.Id);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && !CatalogErrors.IsOutage(exception))
        {
            Log.Unexpected(logger, backup.Id, exception);
            catalog.ChangeTracker.Clear();
            await PostponeAsync(
                scope.ServiceProvider,
                next,
                claim,
                $"It ended by a fault of the controller, which its log has in full ({exception.GetType().Name}); it is tried again.",
                cancellationToken);
        }

        return true;
    }

    /// <summary>What can't be read for a day, while other archives can, is told of: no time will mend it.</summary>
    private async Task PostponeAsync(
        IServiceProvider services, VerificationEntity verification, VerificationClaim claim, string why, CancellationToken cancellationToken)
    {
        var unreadable = services.GetRequiredService<UnreadableArchives>();
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await services.GetRequiredService<CatalogContext>().Database.BeginTransactionAsync(cancellationToken);
            var nextTelling = await unreadable.TellAsync(verification, claim.UnreadableSince, why, cancellationToken);
            if (!await claim.PostponeAsync(why, nextTelling, cancellationToken))
                return;

            await services.GetRequiredService<CatalogContext>().SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        services.GetRequiredService<VerificationResults>().Wake();
    }

    private async Task RecordAsync(
        IServiceProvider services,
        CatalogContext catalog,
        VerificationEntity verification,
        VerificationClaim claim,
        Proof proof,
        CancellationToken cancellationToken)
    {
        var results = services.GetRequiredService<VerificationResults>();
        var ended = time.GetUtcNow();
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);

            // Of a backup that was deleted meanwhile there is nothing to say: its archive may have gone under our eyes.
            if (await claim.Row
                .Where(v => catalog.Backups.Any(b => b.Id == v.BackupId && b.Deleted == null))
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(v => v.State, proof.State)
                        .SetProperty(v => v.Ended, ended)
                        .SetProperty(v => v.Bytes, proof.Bytes)
                        .SetProperty(v => v.Files, proof.Files)
                        .SetProperty(v => v.Message, proof.Message)
                        .SetProperty(v => v.ClaimUntil, (DateTimeOffset?)null),
                    cancellationToken) == 0)
            {
                return;
            }

            (verification.State, verification.Started, verification.Ended) = (proof.State, claim.Started, ended);
            (verification.Bytes, verification.Message) = (proof.Bytes, proof.Message);
            await results.FollowAsync(verification, cancellationToken);
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        results.Wake();
        Log.Ended(logger, verification.BackupId, verification.Strength, proof.State, proof.Bytes, (ended - claim.Started).TotalSeconds);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "The archive of backup {Backup} is read for its verification ({Strength}).")]
        public static partial void Reading(ILogger logger, Guid backup, VerificationStrength strength);

        [LoggerMessage(LogLevel.Information, "Verification ({Strength}) of backup {Backup}: {State}; {Bytes} bytes in {Seconds:0.0} s.")]
        public static partial void Ended(
            ILogger logger, Guid backup, VerificationStrength strength, VerificationRunState state, long bytes, double seconds);

        [LoggerMessage(LogLevel.Warning, "The archive of backup {Backup} can't be read now; it is tried again.")]
        public static partial void Unreadable(ILogger logger, Guid backup, Exception exception);

        [LoggerMessage(LogLevel.Error, "The verification of backup {Backup} failed unexpectedly; it is tried again.")]
        public static partial void Unexpected(ILogger logger, Guid backup, Exception exception);

        [LoggerMessage(LogLevel.Debug, "The verification of backup {Backup} is another controller's by now, or its backup was deleted.")]
        public static partial void Lost(ILogger logger, Guid backup);
    }
}
