namespace Backstay.Chaos.Running;

/// <summary>The store of an installation, looked at from outside.</summary>
internal abstract class StoreSide : IAsyncDisposable
{
    /// <summary>What every controller is told of it, as environment.</summary>
    public abstract IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Null where it is no server.</summary>
    public virtual IBackingServer? Server => null;

    /// <summary>
    /// What should not be there, and what should and isn't, in words: next to nothing but the archives of these backups, each with its
    /// sidecar, may be in the store when no backup is under way.
    /// </summary>
    public abstract Task<IReadOnlyList<string>> FaultsAsync(IReadOnlySet<Guid> backups, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <summary>Compares names in the store with those that should be there.</summary>
    /// <param name="names">Relative to the root of the archives: <c>BACKUP.ATTEMPT.gpg</c> and <c>BACKUP.ATTEMPT.json</c>.</param>
    protected static IEnumerable<string> Compare(IEnumerable<string> names, IReadOnlySet<Guid> backups)
    {
        var missing = backups.SelectMany(backup => new[] { (backup, ".gpg"), (backup, ".json") }).ToHashSet();
        foreach (var name in names.Where(name => name is not "store-id"))
        {
            var known = Guid.TryParse(name.Split('.')[0], out var backup) && missing.Remove((backup, Path.GetExtension(name)));
            if (!known)
                yield return $"{name} is left in the store";
        }

        foreach (var (backup, extension) in missing)
            yield return $"{backup}*{extension} is missing in the store";
    }
}

/// <summary>A folder.</summary>
internal sealed class FolderStore(string folder) : StoreSide
{
    public override IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string> { ["Storage__Folder"] = folder };

    public override Task<IReadOnlyList<string>> FaultsAsync(IReadOnlySet<Guid> backups, CancellationToken cancellationToken)
    {
        var incoming = Directory.EnumerateFiles(Path.Combine(folder, "incoming")).Select(file => $"incoming/{Path.GetFileName(file)} is left");
        var archives = Directory.EnumerateFiles(Path.Combine(folder, "archives")).Select(file => Path.GetFileName(file));
        return Task.FromResult<IReadOnlyList<string>>([.. incoming, .. Compare(archives, backups)]);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
