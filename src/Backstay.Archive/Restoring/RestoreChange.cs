using System.Text.Json.Serialization;

namespace Backstay.Archive;

/// <summary>What a restore does with one entry of an archive.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RestoreAction>))]
public enum RestoreAction
{
    /// <summary>Nothing: it isn't selected, or a <see cref="RestorePlan.Problems">problem</see> says why not.</summary>
    [JsonStringEnumMemberName("skip")] Skip,

    /// <summary>Nothing: a folder whose place is taken by a link. What is in it is left out, too.</summary>
    [JsonStringEnumMemberName("blocked")] Blocked,

    /// <summary>Nothing: it is there with the same content, owner, mode and attributes.</summary>
    [JsonStringEnumMemberName("equal")] Equal,

    /// <summary>It isn't there and is made.</summary>
    [JsonStringEnumMemberName("create")] Create,

    /// <summary>Something else is in its place, which is kept aside.</summary>
    [JsonStringEnumMemberName("replace")] Replace,

    /// <summary>A folder that is there gets another owner, mode or other attributes.</summary>
    [JsonStringEnumMemberName("change")] Change,
}

internal static class RestoreActions
{
    /// <summary>Whether the machine is changed.</summary>
    public static bool IsPlaced(this RestoreAction action) => action is RestoreAction.Create or RestoreAction.Replace or RestoreAction.Change;
}

/// <summary>In what the machine's file isn't the archive's.</summary>
[Flags]
public enum RestoreDifferences
{
    None = 0,

    /// <summary>A file in the place of a folder, a link in the place of a file, …</summary>
    Kind = 1,

    /// <summary>Content; of a link its target; of a device its number.</summary>
    Content = 2,
    Owner = 4,
    Mode = 8,

    /// <summary>Extended attributes, access lists among them.</summary>
    Attributes = 16,

    /// <summary>Not the same file under both names of a hard link.</summary>
    Link = 32,
}

/// <summary>One thing that a restore would do to the machine.</summary>
/// <param name="Action"><see cref="RestoreAction.Create"/>, <see cref="RestoreAction.Replace"/> or <see cref="RestoreAction.Change"/>.</param>
/// <param name="Path">Below the target, with a slash in front; bytes that aren't UTF-8 are shown as <c>\xHH</c>.</param>
/// <param name="Kind">What the archive has.</param>
/// <param name="Size">Bytes of a file; 0 for anything else.</param>
/// <param name="Differences">None when it is created.</param>
/// <param name="Diff">With <see cref="RestoreOptions.WithDiffs"/>: from the machine's text to the archive's, or why it isn't shown.</param>
public sealed record RestoreChange(
    RestoreAction Action, string Path, ArchiveEntryKind Kind, long Size, RestoreDifferences Differences, string? Diff);

/// <summary>A plan, or what was done, in numbers. Files count links, pipes and devices, too.</summary>
/// <param name="FilesCreated">Files that weren't there.</param>
/// <param name="FilesReplaced">Files in whose place something else was.</param>
/// <param name="FilesEqual">Files that were left as they are.</param>
/// <param name="FoldersCreated">Folders that weren't there.</param>
/// <param name="FoldersChanged">Folders with another owner, mode or other attributes.</param>
/// <param name="Bytes">Of the files created and replaced.</param>
/// <param name="Dumps">Of all of them, those that sources made: they go to <see cref="RestorePlan.Dumps"/>.</param>
public readonly record struct RestoreCounts(
    long FilesCreated, long FilesReplaced, long FilesEqual, long FoldersCreated, long FoldersChanged, long Bytes, long Dumps)
{
    /// <summary>Whether there is nothing to do.</summary>
    public bool IsNothing => FilesCreated + FilesReplaced + FoldersCreated + FoldersChanged == 0;
}

/// <summary>An archive that was put in place.</summary>
/// <param name="Placed">Entries that are in place now and weren't before.</param>
/// <param name="Aside">Full path of the folder with what was replaced; null when nothing was.</param>
/// <param name="Problems">What could not be put in place, or not fully: at most 1000.</param>
/// <param name="ProblemCount">All of them.</param>
public sealed record RestoreResult(
    long Placed, string? Aside, IReadOnlyList<ExtractionProblem> Problems, long ProblemCount);
