using System.Text.Json.Serialization;

namespace Backstay.Archive;

/// <summary>The four parts of an archive, in the order they are written.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ArchiveSection>))]
public enum ArchiveSection
{
    [JsonStringEnumMemberName("config")] Config,
    [JsonStringEnumMemberName("state")] State,
    [JsonStringEnumMemberName("logs")] Logs,
    [JsonStringEnumMemberName("audit")] Audit,
}

internal static class ArchiveSections
{
    public static int Count => 4;

    /// <summary>The section's folder at the archive's root.</summary>
    public static ReadOnlySpan<byte> Folder(ArchiveSection section) => section switch
    {
        ArchiveSection.Config => "config"u8,
        ArchiveSection.State => "state"u8,
        ArchiveSection.Logs => "logs"u8,
        ArchiveSection.Audit => "audit"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(section), section, "Not a section of an archive."),
    };

    /// <summary>The section an entry belongs to, or null for <c>backstay/…</c> and anything foreign.</summary>
    public static ArchiveSection? Of(ReadOnlySpan<byte> entryName)
    {
        int slash = entryName.IndexOf((byte)'/');
        ReadOnlySpan<byte> folder = slash < 0 ? entryName : entryName[..slash];
        for (var section = ArchiveSection.Config; section <= ArchiveSection.Audit; section++)
        {
            if (folder.SequenceEqual(Folder(section)))
                return section;
        }
        return null;
    }
}
