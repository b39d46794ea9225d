namespace Backstay.Archive;

/// <summary>Notes down what is selected of an archive.</summary>
internal sealed class EntryRecorder(RestoreSelection selection, SortedSpool spool) : IEntrySink
{
    private readonly LinkTargets<EntryFacts> _links = new();
    private readonly ByteBuffer _key = new(256);
    private readonly ByteBuffer _value = new(512);
    private ArchiveSection? _section;
    private long _at = -1;

    public void Begin(TarEntry entry) => _at++;

    public void Write(TarEntry entry, ReadOnlySpan<byte> content, long offset)
    {
        // its digest is enough
    }

    public void End(TarEntry entry, ReadOnlySpan<byte> digest)
    {
        if (entry.Section is not { } section)
            return;
        if (section != _section)
            _links.Clear();
        _section = section;

        // Which of its names a file comes with depends on the order of the walk, and is no difference.
        EntryFacts facts = entry.Kind == ArchiveEntryKind.HardLink ? _links.Find(entry) : EntryFacts.Of(entry, digest, _at);
        if (entry.LinkCount > 1)
            _links.Add(entry, facts);
        if (!selection.Selects(entry.Name.Span, section, entry.Kind == ArchiveEntryKind.Directory))
            return;
        _key.Clear();
        EntryKey.Append(_key, section, entry.Name.Span);
        _value.Clear();
        facts.WriteTo(_value);
        spool.Add(_key.Span, _value.Span);
    }
}
