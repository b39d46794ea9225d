using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Backstay.Controller.Storage;

/// <summary>
/// Archives that a copy of a store has and the store itself has not: as a rule those that were deleted since they were copied. What is
/// held or locked there, what nobody vouches for, and what the catalog lists is never deleted, whichever store lacks it.
/// </summary>
/// <param name="listed">The backups that the catalog lists, when any archive is to be deleted; else null.</param>
internal sealed class ExtraneousArchives(IArchiveStore store, IArchiveStore copy, IReadOnlySet<Guid>? listed, TimeProvider time)
{
    /// <summary>Finds them all, and then deletes them where <c>listed</c> is given.</summary>
    /// <exception cref="ArchiveStoreException">A store can't be listed to its end: nothing was deleted.</exception>
    public async IAsyncEnumerable<ExtraneousArchive> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The copy first: what is copied in between is in the other list, too.
        var candidates = await FinishedAsync(copy, cancellationToken);
        var there = (await FinishedAsync(store, cancellationToken)).Select(item => item.Key).ToHashSet();
        foreach (var item in candidates.Where(item => !there.Contains(item.Key)))
        {
            if (await JudgeAsync(item, cancellationToken) is { } judged)
                yield return judged;
        }
    }

    /// <returns>Null: the store has it after all.</returns>
    private async Task<ExtraneousArchive?> JudgeAsync(StoredObject item, CancellationToken cancellationToken)
    {
        try
        {
            if (await store.GetLengthAsync(item.Key, cancellationToken) is not null)
                return null;
            if (listed is null)
                return new ExtraneousArchive(item, ExtraneousOutcome.Found);
            if (ReasonToKeep(item.Key, await copy.ReadSidecarAsync(item.Key, cancellationToken)) is { } reason)
                return new ExtraneousArchive(item, ExtraneousOutcome.Kept, reason);

            await copy.DeleteAsync(item.Key, cancellationToken);
            return new ExtraneousArchive(item, ExtraneousOutcome.Deleted);
        }
        catch (ArchiveStoreException exception)
        {
            return new ExtraneousArchive(item, ExtraneousOutcome.Failed, exception.Message);
        }
    }

    private string? ReasonToKeep(ArchiveKey key, byte[]? json)
    {
        if (listed!.Contains(key.BackupId))
            return "the catalog lists its backup";
        if (json is null)
            return "it has no sidecar that says whether it is held or locked";

        try
        {
            var protection = ArchiveSidecar.FromJson(json).Protection;
            return protection?.HeldBy is { } holder ? $"it is held by {holder}"
                : protection?.LockedUntil is { } until && until > time.GetUtcNow() ? $"it is locked until {until.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}"
                : null;
        }
        catch (JsonException exception)
        {
            return $"its sidecar can't be read ({exception.Message})";
        }
    }

    private static async Task<List<StoredObject>> FinishedAsync(IArchiveStore store, CancellationToken cancellationToken)
    {
        List<StoredObject> finished = [];
        await foreach (var item in store.ListAsync(cancellationToken))
        {
            if (item.Finished)
                finished.Add(item);
        }

        return finished;
    }
}

/// <summary>What became of one of them.</summary>
internal sealed record ExtraneousArchive(StoredObject Archive, ExtraneousOutcome Outcome, string? Reason = null)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Word,-8} {Archive.Key} {Archive.Size} bytes{(Reason is null ? "" : $": {Reason}")}");

    private string Word => Outcome switch
    {
        ExtraneousOutcome.Found => "extra",
        ExtraneousOutcome.Deleted => "deleted",
        ExtraneousOutcome.Kept => "kept",
        _ => "FAILED",
    };
}

internal enum ExtraneousOutcome
{
    /// <summary>It is there, and nobody asked to delete it.</summary>
    Found,

    Deleted,

    /// <summary>It may not be deleted.</summary>
    Kept,

    /// <summary>A store didn't do its work; the next run tries again.</summary>
    Failed,
}
