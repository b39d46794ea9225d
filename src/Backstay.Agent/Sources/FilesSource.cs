using Backstay.Agent.Configuration;
using Backstay.Archive;

namespace Backstay.Agent.Sources;

/// <summary>Files and folders, as they are.</summary>
internal sealed class FilesSource : Source
{
    private readonly FilesSettings _settings;
    private readonly PathExcludes _excludes;

    public FilesSource(ArchiveSection section, FilesSettings settings, IReadOnlyList<string> ownFolders) : base(section, settings)
    {
        _settings = settings;
        _excludes = PathExcludes.Parse([.. settings.Exclude, .. ownFolders.Select(Escape)], settings.OneFileSystem);
    }

    public override string Name => $"files {string.Join(' ', _settings.Paths)}";

    public override bool Exists => _settings.Paths.Any(path => GlobPaths.Find(path).Count > 0);

    public override async Task<TreeEstimate> EstimateAsync(CancellationToken cancellationToken)
    {
        long files = 0, bytes = 0;
        foreach (var path in _settings.Paths.SelectMany(GlobPaths.Find))
        {
            var estimate = await TreeEstimate.CountAsync(path, _excludes, cancellationToken);
            files += estimate.Files;
            bytes += estimate.Bytes;
        }

        return new TreeEstimate(files, bytes);
    }

    public override Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var pattern in _settings.Paths)
        {
            var paths = GlobPaths.Find(pattern);
            if (paths.Count == 0 && !IsDefault)
                problems.Add($"{pattern} does not exist.");
            problems.AddRange(paths.Select(Unreadable).OfType<string>());
        }

        return Task.FromResult<IReadOnlyList<string>>(problems);
    }

    public override async Task<IReadOnlyList<string>> FindGapsAsync(CancellationToken cancellationToken)
    {
        var gaps = new List<string>();
        foreach (var path in _settings.Paths.SelectMany(GlobPaths.Find).Where(path => !IsExcluded(path)))
        {
            var mounts = await SkippedMounts.FindAsync(path, _excludes, cancellationToken);
            gaps.AddRange(mounts.Select(mount => $"{mount}: {SkippedMounts.Advice}"));
        }

        return gaps;
    }

    public override async Task CollectAsync(SourceContext context, CancellationToken cancellationToken)
    {
        foreach (var pattern in _settings.Paths)
        {
            var paths = GlobPaths.Find(pattern);
            if (paths.Count == 0 && !IsDefault)
                Missing(context, pattern);

            foreach (var path in paths.Where(path => !IsExcluded(path)))
            {
                var added = await context.Archive.AddTreeAsync(Section, path, _excludes, cancellationToken);
                if (!added && Required)
                    throw new SourceFailedException($"{path} is required and could not be read. Check its permissions, or the disk.");
            }
        }
    }

    private void Missing(SourceContext context, string pattern)
    {
        if (Required)
            throw new SourceFailedException($"{pattern} is required and does not exist. Correct the path in the configuration.");
        context.Warn(
            Section, pattern, WarningKind.Missing, $"{pattern} does not exist. Correct the path in the configuration, or remove it.");
    }

    /// <summary>A pattern may also match what is excluded: <c>/var/log/*</c> without <c>/var/log/journal</c>.</summary>
    private bool IsExcluded(string path) => _excludes.Excludes(System.Text.Encoding.UTF8.GetBytes(path), Directory.Exists(path));

    private static string? Unreadable(string path)
    {
        try
        {
            if (Directory.Exists(path))
                _ = Directory.EnumerateFileSystemEntries(path).Any();
            else if (File.Exists(path))
                File.OpenHandle(path).Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} can't be read: {e.Message}";
        }
    }

    private static string Escape(string path) =>
        string.Concat(path.Select(c => c is '*' or '?' or '[' or ']' or '\\' ? $"\\{c}" : c.ToString()));
}
