using Backstay.Agent.Configuration;
using Backstay.Archive;

namespace Backstay.Agent.Sources;

/// <summary>The sources of a configuration, as they are collected.</summary>
internal static class SourceList
{
    /// <param name="ownFolders">Never collected: they hold the credential of this machine, and the bytes in flight.</param>
    /// <returns>In archive order.</returns>
    public static IReadOnlyList<Source> Create(
        AgentSettings settings, IEnumerable<ArchiveSection> sections, IReadOnlyList<string> ownFolders, TimeProvider time) =>
        [.. from section in sections.Order()
            from source in settings.Sections[section]
            let created = Create(section, source, ownFolders, time)
            where !created.IsDefault || created.Exists
            select created];

    private static Source Create(ArchiveSection section, SourceSettings settings, IReadOnlyList<string> ownFolders, TimeProvider time) =>
        settings switch
        {
            FilesSettings files => new FilesSource(section, files, ownFolders),
            CommandSettings command => new CommandSource(section, command, time),
            PostgreSqlSettings postgreSql => new PostgreSqlSource(section, postgreSql, time),
            SqliteSettings sqlite => new SqliteSource(section, sqlite),
            JournalSettings journal => new JournalSource(section, journal, time),
            _ => throw new ArgumentException($"{settings.GetType().Name} is no kind of source.", nameof(settings)),
        };
}
