using System.Threading.Channels;

namespace Backstay.Archive;

/// <summary>The bounded pipe between collecting and tar: a fixed number of entries that goes round.</summary>
internal sealed class EntryQueue(int capacity)
{
    private readonly Channel<CollectedEntry> _filled = Channel.CreateUnbounded<CollectedEntry>();
    private readonly Channel<CollectedEntry> _empty = Channel.CreateUnbounded<CollectedEntry>();
    private int _unborn = capacity;

    public ChannelReader<CollectedEntry> Filled => _filled.Reader;

    /// <summary>Collecting: an empty entry, as soon as there is one.</summary>
    public ValueTask<CollectedEntry> RentAsync(CancellationToken cancellationToken)
    {
        if (_empty.Reader.TryRead(out CollectedEntry? entry))
            return ValueTask.FromResult(entry);
        if (_unborn == 0)
            return _empty.Reader.ReadAsync(cancellationToken);
        _unborn--;
        return ValueTask.FromResult(new CollectedEntry());
    }

    /// <summary>Collecting: hands an entry over.</summary>
    public void Post(CollectedEntry entry) => _filled.Writer.TryWrite(entry);

    /// <summary>Either side: gives an entry back.</summary>
    public void Return(CollectedEntry entry) => _empty.Writer.TryWrite(entry);

    /// <summary>Collecting: no more entries will come.</summary>
    public void Complete() => _filled.Writer.TryComplete();

    /// <summary>After all stages have ended: closes the files of entries that nobody will write any more.</summary>
    public void CloseDescriptors()
    {
        while (_filled.Reader.TryRead(out CollectedEntry? entry))
        {
            if (entry.Fd >= 0)
                _ = Libc.Close(entry.Fd);
        }
    }
}
