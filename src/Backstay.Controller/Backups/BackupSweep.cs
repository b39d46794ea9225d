using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups;

/// <summary>
/// Sees to it that every backup reaches an end (promise 2): fails those whose lease or deadline is over. It runs on every
/// controller; compare-and-set decides which of them does it. A store that hangs keeps none of them waiting for long
/// (docs/decisions/0140).
/// </summary>
/// <remarks>
/// A controller that was down must not fail backups for its own absence. So it judges agents only by the time that it was there
/// for them: once it serves, and after a pause of the sweep (a machine that slept, a catalog that was locked or could not be
/// reached), they get one lease to renew, and the whole time to begin a backup (docs/decisions/0019). Controllers need not know of each
/// other for that: one that has been up all along goes on judging, rightly, as agents could have turned to it.
/// </remarks>
internal sealed partial class BackupSweep(
    IServiceScopeFactory scopes, FinishedArchives finished, IOptions<BackupOptions> options, TimeProvider time, ILogger<BackupSweep> logger)
{
    private static readonly TimeSpan MostForALook = TimeSpan.FromSeconds(5);

    /// <summary>Since when agents can be heard here.</summary>
    private DateTimeOffset _listensSince = DateTimeOffset.MaxValue;

    /// <summary>When the catalog last answered. What couldn't be asked couldn't be renewed either.</summary>
    private DateTimeOffset _lastAnswer = DateTimeOffset.MaxValue;

    /// <summary>
    /// Longer without an answer counts as a pause: 10 seconds by default, and so much less than a lease that an agent has time to
    /// renew it after a shorter one.
    /// </summary>
    private TimeSpan Pause => options.Value.Lease / 6;

    /// <summary>How long the store may take to say what it has: never so long that it would count as a pause.</summary>
    private TimeSpan LongestLook => Pause < MostForALook ? Pause : MostForALook;

    /// <summary>From now on agents can be heard here. Until it is called, only deadlines are judged.</summary>
    public void Listen() => _lastAnswer = _listensSince = time.GetUtcNow();

    /// <summary>Fails what is over.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now - _lastAnswer > Pause + options.Value.SweepInterval)
            _listensSince = now;

        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var ending = scope.ServiceProvider.GetRequiredService<BackupEnding>();
        var listens = now - _listensSince;
        var (judgesLeases, judgesPickUps) = (listens >= options.Value.Lease, listens >= options.Value.PickUp);
        var over = await catalog.Backups
            .Where(b => b.State < BackupState.Succeeded
                && (b.Deadline <= now || (b.LeaseUntil <= now && (b.State == BackupState.Pending ? judgesPickUps : judgesLeases))))
            .Select(b => new Overdue(
                b.Id, b.State, b.Attempt, b.Phase, b.State == BackupState.Pending && b.Admitted == null, b.Deadline <= now,
                b.Deadline <= now ? b.Deadline : b.LeaseUntil))
            .ToListAsync(cancellationToken);

        // Only now, and the time from before the question: while the catalog didn't answer, agents couldn't renew either.
        _lastAnswer = now;

        // Those first that the store has no say in.
        foreach (var backup in over.Where(b => b.State == BackupState.Pending))
            await FailAsync(ending, backup, now, unseen: false, cancellationToken);
        var looks = await Task.WhenAll(over.Where(b => b.State == BackupState.Running)
            .Select(async backup => (Backup: backup, Look: await finished.LookAsync(backup.Key, LongestLook, cancellationToken))));
        foreach (var (backup, look) in looks)
        {
            if (look.Sidecar is { } sidecar && await SucceedAsync(ending, sidecar, cancellationToken))
                continue;
            if (!look.Answered && backup.Phase == BackupPhase.Completing && now < backup.Since + options.Value.Lease)
                continue; // it may well be whole: the store has another lease's time to say so

            if (!look.Answered)
                Log.Unseen(logger, backup.Key);
            await FailAsync(ending, backup, now, unseen: !look.Answered, cancellationToken);
        }
    }

    /// <summary>
    /// Step 10, where a controller died between the sidecar and the commit, and the agent with it; or where the catalog is a copy from
    /// before the end. The archive is whole, so the backup is no failure.
    /// </summary>
    private async Task<bool> SucceedAsync(BackupEnding ending, ArchiveSidecar sidecar, CancellationToken cancellationToken)
    {
        var asked = time.GetUtcNow();
        var succeeded = await ending.SucceedAsync(
            sidecar.Key.BackupId,
            sidecar.Key.Attempt,
            new CompleteUpload(sidecar.Parts, sidecar.Size, sidecar.Sha256, sidecar.Summary),
            sidecar.Completed,
            readBackSince: null,
            cancellationToken);
        _lastAnswer = asked;
        return succeeded;
    }

    private async Task FailAsync(BackupEnding ending, Overdue backup, DateTimeOffset now, bool unseen, CancellationToken cancellationToken)
    {
        // The condition goes into the statement too: a lease that was renewed since then is no longer over.
        var asked = time.GetUtcNow();
        await (backup switch
        {
            { Waits: true } => ending.FailAsync(
                backup.Id, BackupFailure.WaitedTooLong(options.Value.MaxWait), cancellationToken, b => b.Admitted == null && b.Deadline <= now),
            { TooLong: true } => ending.FailAsync(
                backup.Id, BackupFailure.DeadlineExceeded(options.Value.Deadline), cancellationToken, b => b.Deadline <= now, unseen: unseen),
            { State: BackupState.Pending } => ending.FailAsync(
                backup.Id, BackupFailure.NeverPickedUp(options.Value.PickUp), cancellationToken,
                b => b.State == BackupState.Pending && b.LeaseUntil <= now),
            _ => ending.FailAsync(
                backup.Id, BackupFailure.AgentLost(options.Value.Lease), cancellationToken, b => b.LeaseUntil <= now, unseen: unseen),
        });
        _lastAnswer = asked;
    }

    /// <summary>A backup whose time is over.</summary>
    /// <param name="Since">When it was.</param>
    private sealed record Overdue(Guid Id, BackupState State, int Attempt, BackupPhase Phase, bool Waits, bool TooLong, DateTimeOffset Since)
    {
        public ArchiveKey Key => new(Id, Attempt);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Whether attempt {Key} was complete could not be found out; its backup fails.")]
        public static partial void Unseen(ILogger logger, ArchiveKey key);
    }
}
