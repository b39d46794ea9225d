using Backstay.Archive;

namespace Backstay.Agent.Configuration;

internal static class Sections
{
    /// <summary>The section's word in the configuration, in archives and on the wire.</summary>
    public static string Word(this ArchiveSection section) => section switch
    {
        ArchiveSection.Config => "config",
        ArchiveSection.State => "state",
        ArchiveSection.Logs => "logs",
        ArchiveSection.Audit => "audit",
        _ => throw new ArgumentOutOfRangeException(nameof(section), section, "Not a section of an archive."),
    };

    /// <summary>The sections of a backup, in archive order: config and state always, the others where they were asked for.</summary>
    public static IReadOnlyList<ArchiveSection> AskedFor(bool logs, bool audit) =>
        [ArchiveSection.Config, ArchiveSection.State, .. logs ? [ArchiveSection.Logs] : Array.Empty<ArchiveSection>(),
            .. audit ? [ArchiveSection.Audit] : Array.Empty<ArchiveSection>()];
}
