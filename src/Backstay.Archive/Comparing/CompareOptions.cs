namespace Backstay.Archive;

/// <summary>How to compare two archives.</summary>
public sealed record CompareOptions : ReadOptions
{
    /// <summary>Most files whose texts are compared: 1000. With 64 KiB each, twice, that is 128 MiB of the spool folder.</summary>
    public const int MaxTexts = 1000;

    /// <summary>What to compare. Both archives are proven as a whole in any case.</summary>
    public RestoreSelection Selection { get; init; } = RestoreSelection.All;

    /// <summary>Whether a modification time alone is a difference. Default false.</summary>
    public bool WithTimes { get; init; }

    /// <summary>Make an <see cref="ArchiveChange.Diff"/> of text files of at most 64 KiB. Default false; the archives are read twice for it.</summary>
    public bool WithTexts { get; init; }
}

/// <summary>One of two archives to compare.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Content">The archive; can be sought in, is read from its first byte on, and not closed.</param>
/// <param name="Unlock">How to open it.</param>
/// <param name="Progress">Told after every 4 MiB of content and at the end, on the reading task; null if nobody wants to know.</param>
public sealed record ComparedArchive(string Name, Stream Content, Unlock Unlock, IProgress<ReadProgress>? Progress = null);
