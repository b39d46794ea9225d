using System.Text.Json.Serialization;

namespace Backstay.Archive;

/// <summary>Something that is not in the archive as it is on the appliance, and why.</summary>
/// <param name="Section">Where it belongs.</param>
/// <param name="Path">The path on the appliance; bytes that aren't UTF-8 are shown as <c>\xHH</c>.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Message">The same for people, with the way out where there is one.</param>
public sealed record ArchiveWarning(ArchiveSection Section, string Path, WarningKind Kind, string Message);

/// <summary>Why something is missing from an archive, or differs in it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WarningKind>))]
public enum WarningKind
{
    /// <summary>A path that was asked for doesn't exist.</summary>
    [JsonStringEnumMemberName("missing")] Missing,

    /// <summary>It was there when the directory was read and gone when it was opened.</summary>
    [JsonStringEnumMemberName("vanished")] Vanished,

    /// <summary>It could not be opened or read; what could not be read is zeros in the archive, or left out.</summary>
    [JsonStringEnumMemberName("unreadable")] Unreadable,

    /// <summary>The file grew while it was read; the archive has it up to the size it had at first.</summary>
    [JsonStringEnumMemberName("grew")] Grew,

    /// <summary>The file shrank while it was read; the archive has zeros where it was cut.</summary>
    [JsonStringEnumMemberName("shrank")] Shrank,

    /// <summary>The file was written to while it was read; the archive may have a mix of old and new.</summary>
    [JsonStringEnumMemberName("changed")] Changed,

    /// <summary>A socket: it has no content and can't be restored.</summary>
    [JsonStringEnumMemberName("socket")] Socket,

    /// <summary>A file system without stored content, such as /proc.</summary>
    [JsonStringEnumMemberName("pseudo-file-system")] PseudoFileSystem,

    /// <summary>Another file system is mounted there, which was not entered; the folder is empty in the archive.</summary>
    [JsonStringEnumMemberName("mount")] Mount,

    /// <summary>Extended attributes or access lists that could not be read or are too large.</summary>
    [JsonStringEnumMemberName("attributes")] Attributes,

    /// <summary>A limit of the writer was reached; the message names it and what was done instead.</summary>
    [JsonStringEnumMemberName("limit")] Limit,

    /// <summary>A source that isn't a file (a database, a command, the journal) had something to say.</summary>
    [JsonStringEnumMemberName("source")] Source,
}
