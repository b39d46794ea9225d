namespace Backstay.Archive;

/// <summary>What two archives have under one name; at least one of them has something.</summary>
internal readonly record struct EntryPair(byte[] Key, EntryFacts? Before, EntryFacts? After);

/// <summary>Walks two sorted spools side by side.</summary>
internal static class EntryPairs
{
    public static IEnumerable<EntryPair> Of(SortedSpool before, SortedSpool after)
    {
        var old = new Cursor(before.Read());
        var @new = new Cursor(after.Read());
        while (old.Key is not null || @new.Key is not null)
        {
            int order = old.Key is null ? 1 : @new.Key is null ? -1 : old.Key.AsSpan().SequenceCompareTo(@new.Key);
            yield return new EntryPair(
                order <= 0 ? old.Key! : @new.Key!, order <= 0 ? old.Facts : null, order >= 0 ? @new.Facts : null);
            if (order <= 0)
                old.MoveNext();
            if (order >= 0)
                @new.MoveNext();
        }
    }

    /// <summary>One entry for each name: of several the last, which is the one that restoring leaves.</summary>
    private sealed class Cursor
    {
        private readonly SortedReader _reader;
        private bool _hasMore;

        public Cursor(SortedReader reader)
        {
            _reader = reader;
            _hasMore = reader.MoveNext();
            MoveNext();
        }

        /// <summary>Null after the last.</summary>
        public byte[]? Key { get; private set; }

        public EntryFacts? Facts { get; private set; }

        public void MoveNext()
        {
            Key = _hasMore ? _reader.Current.Key.ToArray() : null;
            Facts = null;
            while (_hasMore && _reader.Current.Key.SequenceEqual(Key))
            {
                Facts = EntryFacts.Read(_reader.Current.Value);
                _hasMore = _reader.MoveNext();
            }
        }
    }
}
