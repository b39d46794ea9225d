using System.Text.Json;
using Backstay.Archive;

namespace Backstay.Agent.Configuration;

/// <summary>
/// Reads <c>agent.json</c> (comments and trailing commas allowed) as a whole: either settings, or every mistake in it.
/// </summary>
internal static class ConfigurationReader
{
    public static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan DumpTimeout = TimeSpan.FromHours(6);
    private static readonly TimeSpan LeastTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostTimeout = TimeSpan.FromDays(1);

    private static readonly JsonDocumentOptions Syntax = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        AllowDuplicateProperties = false,
    };

    /// <param name="path">A file that doesn't exist means the defaults, unless <paramref name="mustExist"/>.</param>
    public static async Task<ConfigurationResult> ReadFileAsync(string path, bool mustExist, CancellationToken cancellationToken)
    {
        try
        {
            return Read(await File.ReadAllTextAsync(path, cancellationToken));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return mustExist
                ? new(null, [$"{path} does not exist; without --config the defaults are used."])
                : new(AgentSettings.Default, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(null, [$"{path} can't be read: {e.Message}"]);
        }
    }

    public static ConfigurationResult Read(string json)
    {
        var mistakes = new List<string>();
        try
        {
            using var document = JsonDocument.Parse(json, Syntax);
            var settings = ConfigurationObject.From(document.RootElement, "", mistakes) is { } file ? ReadFile(file) : null;
            return mistakes.Count == 0 ? new(settings, []) : new(null, mistakes);
        }
        catch (JsonException e)
        {
            return new(null, [$"line {e.LineNumber + 1}: not JSON: {e.Message}"]);
        }
    }

    private static AgentSettings ReadFile(ConfigurationObject file)
    {
        var settings = AgentSettings.Default;
        var sections = new Dictionary<ArchiveSection, IReadOnlyList<SourceSettings>>(settings.Sections);
        foreach (var section in Enum.GetValues<ArchiveSection>())
        {
            var key = section.Word();
            if (file.Has(key))
                sections[section] = ReadSection(file, section, key);
        }

        settings = settings with
        {
            Sections = sections,
            CompressionLevel = file.Integer("compressionLevel", 1, 19) ?? settings.CompressionLevel,
            SpoolDirectory = file.AbsolutePath("spoolDirectory"),
            Drill = file.Child("drill") is { } drill ? DrillReader.Read(drill) : null,
        };
        settings = file.Child("upload") is { } upload ? ReadUpload(upload, settings) : settings;
        settings = file.Child("priority") is { } priority ? ReadPriority(priority, settings) : settings;
        file.RefuseOtherKeys(sections.Keys.Select(section => section.Word()));
        return settings;
    }

    private static List<SourceSettings> ReadSection(ConfigurationObject file, ArchiveSection section, string key)
    {
        var sources = new List<SourceSettings>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var overlaps = new SourceOverlaps();
        foreach (var entry in file.Children(key))
        {
            foreach (var source in SourceReader.Read(entry, section))
            {
                sources.Add(source);
                if (SourceReader.NameOf(source) is { } name && !names.Add(name))
                    entry.Mistake($"'{name}' is the name of another source of this section; give one of them another \"name\".");
                foreach (var overlap in source is FilesSettings files ? overlaps.Add(files) : [])
                    entry.Mistake(overlap);
            }
        }

        return sources;
    }

    private static AgentSettings ReadUpload(ConfigurationObject upload, AgentSettings settings)
    {
        var parallel = upload.Integer("parallelParts", 1, 16);
        long? limit = null;
        if (upload.Text("rateLimit") is { } text)
        {
            if (ValueSyntax.TryParseRate(text, out var rate) && rate >= AgentSettings.LeastRate)
                limit = rate;
            else
                upload.Mistake("rateLimit", $"expected a rate such as \"20MB/s\" or \"512KiB/s\", at least 64kB/s, found \"{text}\".");
        }

        upload.RefuseOtherKeys();
        return settings with { ParallelParts = parallel, RateLimit = limit };
    }

    private static AgentSettings ReadPriority(ConfigurationObject priority, AgentSettings settings)
    {
        var nice = priority.Integer("nice", 0, 19) ?? settings.Nice;
        var ioClass = settings.IoClass;
        switch (priority.Text("ioClass"))
        {
            case null or "idle":
                break;
            case "best-effort":
                ioClass = IoClass.BestEffort;
                break;
            case var other:
                priority.Mistake("ioClass", $"expected \"idle\" or \"best-effort\", found \"{other}\".");
                break;
        }

        priority.RefuseOtherKeys();
        return settings with { Nice = nice, IoClass = ioClass };
    }

    /// <summary>Common to all sources that run a program.</summary>
    public static TimeSpan ReadTimeout(ConfigurationObject source, TimeSpan otherwise) =>
        source.Duration("timeout", LeastTimeout, MostTimeout) ?? otherwise;
}

/// <param name="Settings">Null if there are mistakes.</param>
/// <param name="Mistakes">One sentence each, beginning with the path of what is wrong.</param>
internal sealed record ConfigurationResult(AgentSettings? Settings, IReadOnlyList<string> Mistakes);
