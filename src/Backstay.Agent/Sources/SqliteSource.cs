using Backstay.Agent.Configuration;
using Backstay.Agent.Platform;
using Backstay.Archive;

namespace Backstay.Agent.Sources;

/// <summary>A SQLite database as it is at one moment, while others go on writing to it: SQLite's online backup.</summary>
internal sealed class SqliteSource(ArchiveSection section, SqliteSettings settings) : Source(section, settings)
{
    public override string Name => $"sqlite {settings.Path}";

    public override Task<TreeEstimate> EstimateAsync(CancellationToken cancellationToken)
    {
        var file = new FileInfo(settings.Path);
        return Task.FromResult(file.Exists ? new TreeEstimate(1, file.Length) : new TreeEstimate(0, 0));
    }

    public override Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!File.Exists(settings.Path))
                return Task.FromResult<IReadOnlyList<string>>([$"{settings.Path} does not exist."]);
            using var database = SqliteDatabase.OpenToRead(settings.Path);
            return Task.FromResult<IReadOnlyList<string>>([]);
        }
        catch (SourceFailedException e)
        {
            return Task.FromResult<IReadOnlyList<string>>([e.Message]);
        }
    }

    public override async Task CollectAsync(SourceContext context, CancellationToken cancellationToken)
    {
        if (!File.Exists(settings.Path))
            throw new SourceFailedException($"{settings.Path} does not exist. Correct the path in the configuration.");

        var name = context.Spool.CreateNamed();
        try
        {
            // SQLite blocks; a thread of its own keeps the pipeline moving.
            await Task.Factory.StartNew(
                () => SqliteDatabase.Backup(settings.Path, name, context.Spool, cancellationToken),
                cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await using var copy = SpoolFolder.TakeOver(name);
            await context.AddAsync(Section, $"databases/sqlite{settings.Path}", copy, cancellationToken);
        }
        finally
        {
            File.Delete(name);
        }
    }
}
