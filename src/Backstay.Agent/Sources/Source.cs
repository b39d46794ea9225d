using Backstay.Agent.Configuration;
using Backstay.Agent.Platform;
using Backstay.Archive;

namespace Backstay.Agent.Sources;

/// <summary>Something to collect into one section of an archive.</summary>
internal abstract class Source(ArchiveSection section, SourceSettings settings)
{
    public ArchiveSection Section { get; } = section;

    /// <summary>See <see cref="SourceSettings.Required"/>.</summary>
    public bool Required => settings.Required;

    /// <summary>See <see cref="SourceSettings.IsDefault"/>.</summary>
    public bool IsDefault => settings.IsDefault;

    /// <summary>For people: <c>files /etc</c>, <c>postgresql app</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether this machine has it at all. Only asked of default sources.</summary>
    public virtual bool Exists => true;

    /// <summary>A quick guess, for progress; what can't be guessed counts as nothing.</summary>
    public abstract Task<TreeEstimate> EstimateAsync(CancellationToken cancellationToken);

    /// <summary>What would keep it from being collected now, one sentence each.</summary>
    public abstract Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken);

    /// <summary>What would be missing although it is collected, one sentence each.</summary>
    public virtual Task<IReadOnlyList<string>> FindGapsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Adds it to the archive.</summary>
    /// <exception cref="SourceFailedException">It failed as a whole; the archive can still be continued.</exception>
    public abstract Task CollectAsync(SourceContext context, CancellationToken cancellationToken);
}

/// <summary>What a source needs to collect.</summary>
internal sealed record SourceContext(ArchiveWriter Archive, SpoolFolder Spool, TimeProvider Time)
{
    /// <summary>Adds what was spooled as a file of the archive.</summary>
    public Task AddAsync(ArchiveSection section, string name, FileStream spooled, CancellationToken cancellationToken)
    {
        spooled.Position = 0;
        return Archive.AddFileAsync(
            section, name, spooled, spooled.Length, new ArchiveFileAttributes(Time.GetUtcNow()), cancellationToken);
    }

    public void Warn(ArchiveSection section, string path, WarningKind kind, string message) =>
        Archive.Warn(new ArchiveWarning(section, path, kind, message));
}
