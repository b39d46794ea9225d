namespace Backstay.Archive;

/// <summary>
/// What restoring a proven archive would do to a machine. It holds the archive's session key until it is disposed, and nothing of its
/// content but <see cref="RestoreChange.Diff"/>s. With <see cref="RestoreOptions.MakeReady"/> it holds the files, too, and the target's lock.
/// </summary>
public sealed class RestorePlan : IDisposable
{
    private readonly PlanSpool _spool;
    private StagedFiles? _staged;

    internal RestorePlan(
        RestoreOptions options, PlanSpool spool, StagedFiles? staged, SessionKey key, VerificationResult verification, RestoreCounts counts,
        IReadOnlyList<ExtractionProblem> problems, long problemCount)
    {
        Options = options;
        _spool = spool;
        _staged = staged;
        Key = key;
        Verification = verification;
        Counts = counts;
        Problems = problems;
        ProblemCount = problemCount;
    }

    /// <summary>The proof: authentication, every SHA-256, manifest and summary are right.</summary>
    public VerificationResult Verification { get; }

    public RestoreCounts Counts { get; }

    /// <summary>What is selected and can't be restored, and why: at most 1000.</summary>
    public IReadOnlyList<ExtractionProblem> Problems { get; }

    /// <summary>All of them.</summary>
    public long ProblemCount { get; }

    /// <summary>Full path of the folder that dumps of this archive go into.</summary>
    public string Dumps => Path.Join(Path.GetFullPath(Options.Target), RestoreFolders.DumpsOf(Verification.Manifest));

    /// <summary>What it was made with.</summary>
    public RestoreOptions Options { get; }

    internal PlanSpool Spool => _spool;

    internal SessionKey Key { get; }

    /// <summary>Everything that would be created, replaced or changed, in the order of the archive. One enumeration at a time.</summary>
    public IEnumerable<RestoreChange> Changes() => _spool.ReadChanges();

    /// <summary>The files that are ready, if all of them are still there; once, as putting them in place uses them up.</summary>
    internal StagedFiles? TakeStaged()
    {
        StagedFiles? staged = Interlocked.Exchange(ref _staged, null);
        if (staged is null || staged.IsWhole())
            return staged;
        staged.Dispose(); // then all of it comes from the archive
        return null;
    }

    public void Dispose()
    {
        _staged?.Dispose();
        _spool.Dispose();
        Key.Dispose();
    }
}
