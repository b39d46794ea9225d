namespace Backstay.Archive;

/// <summary>What differs between two archives, both proven. It is on disk, without names; memory doesn't grow with the archives.</summary>
public sealed class ArchiveComparison : IDisposable
{
    private readonly ComparedSide _before;
    private readonly ComparedSide _after;
    private readonly CompareOptions _options;

    private ArchiveComparison(ComparedSide before, ComparedSide after, CompareOptions options)
    {
        _before = before;
        _after = after;
        _options = options;
    }

    /// <summary>The proof of the older one.</summary>
    public VerificationResult Before { get; private set; } = null!;

    /// <summary>The proof of the newer one.</summary>
    public VerificationResult After { get; private set; } = null!;

    public CompareCounts Counts { get; private set; }

    /// <summary>Sections that only one of the two was asked to have. They aren't compared: it would all be added, or removed.</summary>
    public IReadOnlyList<ArchiveSection> Uncompared { get; private set; } = [];

    /// <summary>Texts beyond <see cref="CompareOptions.MaxTexts"/>, which are told of as changed and not shown.</summary>
    public long TextsLeftOut { get; private set; }

    /// <summary>
    /// Proves two archives and compares them, in any order of their entries. The archives are read one after the other, and a second
    /// time where texts are wanted.
    /// </summary>
    /// <exception cref="ArchiveException">One of them is damaged or hostile, changed meanwhile, or the key is wrong. The message says which.</exception>
    /// <exception cref="IOException">The spool folder is full or can't be written.</exception>
    public static async Task<ArchiveComparison> MakeAsync(
        ComparedArchive before, ComparedArchive after, CompareOptions options, CancellationToken cancellationToken)
    {
        var old = new ComparedSide(before, options);
        ComparedSide? @new = null;
        try
        {
            @new = new ComparedSide(after, options);
            var comparison = new ArchiveComparison(old, @new, options);
            await comparison.ReadAsync(cancellationToken).ConfigureAwait(false);
            return comparison;
        }
        catch
        {
            old.Dispose();
            @new?.Dispose();
            throw;
        }
    }

    /// <summary>Everything that differs, by section and in the order of the tree. One enumeration at a time.</summary>
    public IEnumerable<ArchiveChange> Changes()
    {
        foreach (EntryPair pair in Pairs())
        {
            EntryDifferences differences = DifferencesOf(pair);
            if (pair is { Before: not null, After: not null } && differences == EntryDifferences.None)
                continue;
            byte[] name = EntryKey.NameOf(pair.Key);
            ArchiveChangeKind kind = pair.Before is null ? ArchiveChangeKind.Added
                : pair.After is null ? ArchiveChangeKind.Removed
                : ArchiveChangeKind.Changed;
            string? diff = HasTexts(pair, differences) ? DiffOf(name, pair.Before!, pair.After!) : null;
            yield return new ArchiveChange(kind, EntryOf(name, pair.Before), EntryOf(name, pair.After), differences, diff);
        }
    }

    public void Dispose()
    {
        _before.Dispose();
        _after.Dispose();
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        Before = await _before.ReadAsync(cancellationToken).ConfigureAwait(false);
        After = await _after.ReadAsync(cancellationToken).ConfigureAwait(false);
        Uncompared = [.. Before.Manifest.Sections.Except(After.Manifest.Sections).Union(After.Manifest.Sections.Except(Before.Manifest.Sections)).Order()];

        var texts = new List<EntryPair>();
        foreach (EntryPair pair in Pairs())
        {
            EntryDifferences differences = DifferencesOf(pair);
            Count(pair, differences);
            if (!HasTexts(pair, differences) || IsSecret(EntryKey.NameOf(pair.Key)))
                continue;
            if (texts.Count < CompareOptions.MaxTexts)
                texts.Add(pair);
            else
                TextsLeftOut++;
        }
        await _before.TakeTextsAsync(texts.Select(pair => pair.Before!), cancellationToken).ConfigureAwait(false);
        await _after.TakeTextsAsync(texts.Select(pair => pair.After!), cancellationToken).ConfigureAwait(false);
    }

    private IEnumerable<EntryPair> Pairs()
        => EntryPairs.Of(_before.Entries, _after.Entries).Where(pair => !Uncompared.Contains(EntryKey.SectionOf(pair.Key)));

    private void Count(in EntryPair pair, EntryDifferences differences)
    {
        Counts = pair switch
        {
            { Before: null } => Counts with { Added = Counts.Added + 1, AddedBytes = Counts.AddedBytes + pair.After!.Size },
            { After: null } => Counts with { Removed = Counts.Removed + 1, RemovedBytes = Counts.RemovedBytes + pair.Before.Size },
            _ when differences == EntryDifferences.None => Counts with { Equal = Counts.Equal + 1 },
            _ => Counts with
            {
                Changed = Counts.Changed + 1,
                ChangedBytes = Counts.ChangedBytes
                    + ((differences & (EntryDifferences.Content | EntryDifferences.Kind)) != 0 ? pair.After.Size : 0),
            },
        };
    }

    private EntryDifferences DifferencesOf(in EntryPair pair)
        => pair is { Before: { } before, After: { } after } ? before.DifferencesTo(after, _options.WithTimes) : EntryDifferences.None;

    private bool HasTexts(in EntryPair pair, EntryDifferences differences)
        => _options.WithTexts && differences.HasFlag(EntryDifferences.Content) && IsShort(pair.Before!) && IsShort(pair.After!);

    private static bool IsShort(EntryFacts file) => file is { Kind: ArchiveEntryKind.File, Size: <= DiffMaker.MaxSize, HasHoles: false };

    private string? DiffOf(byte[] name, EntryFacts before, EntryFacts after)
    {
        if (IsSecret(name))
            return SecretFiles.Masked;
        return _before.TextOf(before) is { } old && _after.TextOf(after) is { } @new ? DiffMaker.Make(PathOf(name), old, @new) : null;
    }

    private static bool IsSecret(byte[] name) => SecretFiles.IsSecret(PathOf(name), []);

    /// <summary>Without the section.</summary>
    private static ReadOnlySpan<byte> PathOf(byte[] name) => name.AsSpan(Array.IndexOf(name, (byte)'/') + 1);

    private static ArchiveEntry? EntryOf(byte[] name, EntryFacts? facts) => facts is null ? null : new ArchiveEntry
    {
        NameBytes = name,
        Name = DisplayName.Of(name),
        Kind = facts.Kind,
        Section = ArchiveSections.Of(name),
        Size = facts.Size,
        Mode = facts.Permissions,
        Uid = facts.Uid,
        Gid = facts.Gid,
        UserName = DisplayName.Of(facts.UserName),
        GroupName = DisplayName.Of(facts.GroupName),
        Modified = facts.Modified.ToDateTimeOffset(),
        LinkTarget = facts.LinkTarget.Length == 0 ? null : DisplayName.Of(facts.LinkTarget),
    };
}
