namespace Backstay.Archive;

/// <summary>
/// Brings a machine back to what an archive says, in two steps:
/// 1. <see cref="PlanAsync"/> proves it to its end and compares it with the machine. It writes nothing, unless it is to make files ready
///    (<see cref="RestoreOptions.MakeReady"/>): those wait in private folders, and nothing gets a place before all is proven.
/// 2. <see cref="ApplyAsync"/> does what the plan says. If every file is ready it needs no more than a rename for each; otherwise it reads the
///    archive again, as far as there is something to put in place, and an entry that isn't the proven one, to the bit, is not put in place.
/// Each entry is made whole in a private folder beside its place, what is in its place is kept aside, and a rename puts it there: at no
/// moment is half a file there, or none. A restore that was cut off is simply done again.
/// Like <see cref="ArchiveReader"/> it trusts nothing in an archive, and follows no link below the target.
/// </summary>
public static class ArchiveRestorer
{
    /// <summary>Proves an archive and says what restoring it would do.</summary>
    /// <param name="archive">Positioned at its first byte; read to its end, not closed.</param>
    /// <param name="unlock">How to open it.</param>
    /// <param name="options">What to restore, and where.</param>
    /// <param name="progress">Told after every 4 MiB of content and at the end, on the reading task.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ArchiveException">The archive is damaged or hostile, or the target can't be read.</exception>
    public static async Task<RestorePlan> PlanAsync(
        Stream archive, Unlock unlock, RestoreOptions options, IProgress<ReadProgress>? progress, CancellationToken cancellationToken)
    {
        var spool = new PlanSpool(options.SpoolFolder, options.MakeReady);
        StagedFiles? staged = null;
        try
        {
            staged = options.MakeReady ? new StagedFiles(options) : null;
            using var planner = new RestorePlanner(options, spool, staged);
            await using var pipeline = new ReadingPipeline(archive, unlock, options, cancellationToken);
            using var verifier = new ContentVerifier(pipeline, options, planner, progress);
            VerificationResult verification = await verifier.RunAsync(cancellationToken).ConfigureAwait(false);
            return new RestorePlan(
                options, spool, staged, pipeline.CopyKey(), verification, planner.Counts, planner.Problems.Listed, planner.Problems.Count);
        }
        catch
        {
            staged?.Dispose();
            spool.Dispose();
            throw;
        }
    }

    /// <summary>Does what a plan says.</summary>
    /// <param name="archive">The archive that was planned, positioned at its first byte again; not closed. Read if not every file is ready.</param>
    /// <param name="plan">Can be applied again, should this fail.</param>
    /// <param name="progress">Told after every 4 MiB of content or 256 entries and at the end, on the reading task.</param>
    /// <param name="cancellationToken">Stops; what is in place stays, whole.</param>
    /// <exception cref="ArchiveException">
    /// The archive is no longer what was proven, the disk is full, the machine changed under the plan, or another restore to this target runs.
    /// What was put in place until then is whole and proven: make a new plan and go on.
    /// </exception>
    public static async Task<RestoreResult> ApplyAsync(
        Stream archive, RestorePlan plan, IProgress<ReadProgress>? progress, CancellationToken cancellationToken)
    {
        using var placer = new RestorePlacer(plan);
        if (placer.IsReady)
            await Task.Run(() => placer.PlaceReady(Report, cancellationToken), cancellationToken).ConfigureAwait(false);
        else
            await ReplayAsync(archive, plan, placer, progress, cancellationToken).ConfigureAwait(false);
        placer.Complete();
        VerificationResult proof = plan.Verification;
        progress?.Report(new ReadProgress(proof.SealedBytes, proof.ContentBytes, proof.Entries));
        return new RestoreResult(placer.Placed, placer.Aside, placer.Problems.Listed, placer.Problems.Count);

        void Report(long entries)
        {
            VerificationResult all = plan.Verification;
            if (progress is null || entries % 256 != 0)
                return;
            double part = (double)entries / all.Entries;
            progress.Report(new ReadProgress((long)(part * all.SealedBytes), (long)(part * all.ContentBytes), entries));
        }
    }

    private static async Task ReplayAsync(
        Stream archive, RestorePlan plan, RestorePlacer placer, IProgress<ReadProgress>? progress, CancellationToken cancellationToken)
    {
        await using var pipeline = new ReadingPipeline(archive, Unlock.WithSessionKey(plan.Key), plan.Options, cancellationToken, isProven: true);
        using var verifier = new ContentVerifier(pipeline, plan.Options, placer, progress);
        try
        {
            if (!await verifier.ReplayAsync(() => placer.IsDone, cancellationToken).ConfigureAwait(false))
                throw RestorePlacer.Changed();
        }
        catch (ArchiveException e) when (e.Fault == ArchiveFault.WrongKey)
        {
            throw RestorePlacer.Changed(); // sealed with another key
        }
    }
}
