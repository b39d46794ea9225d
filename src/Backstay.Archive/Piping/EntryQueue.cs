using System.Threading.Channels;

namespace Backstay.Archive;

/// <summary>
/// The bounded pipe between collecting and tar: a fixed number of batches of entries that goes round. Handing entries over in
/// batches matters with small files, where waking the other stage costs more than reading the file.
/// </summary>
internal sealed class EntryQueue
{
    private readonly Channel<EntryBatch> _filled = Channel.CreateUnbounded<EntryBatch>();
    private readonly Channel<EntryBatch> _empty = Channel.CreateUnbounded<EntryBatch>();
    private EntryBatch? _current;
    private int _unborn;

    /// <param name="entries">How many entries there are in all, a multiple of <see cref="EntryBatch.Size"/>.</param>
    public EntryQueue(int entries) => _unborn = entries / EntryBatch.Size;

    /// <summary>Tar: the batches in order.</summary>
    public ChannelReader<EntryBatch> Filled => _filled.Reader;

    /// <summary>Collecting: an empty entry, as soon as there is one. It is handed out again until it is posted.</summary>
    public ValueTask<CollectedEntry> RentAsync(CancellationToken cancellationToken)
    {
        if (_current is null && !_empty.Reader.TryRead(out _current))
        {
            if (_unborn == 0)
                return RentFromNextAsync(cancellationToken);
            _unborn--;
            _current = new EntryBatch();
        }
        return ValueTask.FromResult(_current.Next);
    }

    /// <summary>Collecting: the entry that was rented last is complete.</summary>
    public void Post()
    {
        if (_current!.Add())
            Flush();
    }

    /// <summary>Collecting: hands over what is posted, also if it isn't a whole batch.</summary>
    public void Flush()
    {
        if (_current is { Count: > 0 } batch)
        {
            _current = null;
            _filled.Writer.TryWrite(batch);
        }
    }

    /// <summary>Tar: gives a batch back.</summary>
    public void Return(EntryBatch batch)
    {
        batch.Clear();
        _empty.Writer.TryWrite(batch);
    }

    /// <summary>Collecting: no more entries will come.</summary>
    public void Complete()
    {
        Flush();
        _filled.Writer.TryComplete();
    }

    /// <summary>After all stages have ended: closes the files of entries that nobody will write any more.</summary>
    public void CloseDescriptors()
    {
        _current?.CloseDescriptors();
        while (_filled.Reader.TryRead(out EntryBatch? batch))
            batch.CloseDescriptors();
    }

    private async ValueTask<CollectedEntry> RentFromNextAsync(CancellationToken cancellationToken)
    {
        _current = await _empty.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return _current.Next;
    }
}

/// <summary>A few entries that are handed over together.</summary>
internal sealed class EntryBatch
{
    public const int Size = 8;

    private readonly CollectedEntry?[] _entries = new CollectedEntry?[Size];

    public int Count { get; private set; }

    /// <summary>The entry after the last that was added; there is one as long as the batch isn't full.</summary>
    public CollectedEntry Next => _entries[Count] ??= new CollectedEntry();

    public CollectedEntry this[int index] => _entries[index]!;

    /// <summary>Adds <see cref="Next"/>; true if the batch is full then.</summary>
    public bool Add() => ++Count == Size;

    public void Clear() => Count = 0;

    public void CloseDescriptors()
    {
        for (int i = 0; i < Count; i++)
            this[i].CloseDescriptor();
    }
}
