using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Backstay.Controller.Storage;

namespace Backstay.Controller.Tests.Storage;

/// <summary>
/// A store that does anything but its work, by a seed: fails before or after it has done it, takes its time, stops in the middle of a
/// write or a read, and says that it has done what it hasn't.
/// </summary>
internal sealed class LyingStore(IArchiveStore inner, uint seed) : IArchiveStore
{
    // Two lies about the same byte must not add up to the truth.
    private const byte WhenWritten = 1;
    private const byte WhenRead = 2;

    private readonly ConcurrentDictionary<string, int> _injected = [];
    private volatile IReadOnlyList<StoredObject> _listed = [];
    private int _calls;

    private enum Mischief
    {
        None,
        FailBefore,
        FailAfter,
        Delay,
        Half,
        Lie,
    }

    /// <summary>Off: it works.</summary>
    public bool Mischievous { get; set; } = true;

    /// <summary>How many calls there were.</summary>
    public int Calls => _calls;

    /// <summary>What was done to whom, and how often: <c>WritePartAsync Half</c>.</summary>
    public IReadOnlyDictionary<string, int> Injected => _injected;

    public Task BeginAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        MeetAsync(() => inner.BeginAsync(key, cancellationToken));

    public async Task<IDisposable?> HoldPartAsync(ArchiveKey key, PartSlot slot, CancellationToken cancellationToken) =>
        await MeetAsync() switch
        {
            Mischief.FailAfter => throw Fault(),
            Mischief.Half => null,
            Mischief.Lie => Stream.Null,
            _ => await inner.HoldPartAsync(key, slot, cancellationToken),
        };

    public async Task<string> WritePartAsync(ArchiveKey key, PartSlot slot, Stream content, CancellationToken cancellationToken)
    {
        switch (await MeetAsync())
        {
            case Mischief.Half:
                await inner.WritePartAsync(key, slot with { Sha256 = null }, new Altered(content, slot.Length, WhenWritten, endAt: slot.Length / 2), cancellationToken);
                throw Fault(); // half a part is none
            case Mischief.Lie:
                // Every byte is read, and others are stored.
                return await inner.WritePartAsync(key, slot with { Sha256 = null }, new Altered(content, slot.Length, WhenWritten, endAt: null), cancellationToken);
            case Mischief.FailAfter:
                await inner.WritePartAsync(key, slot, content, cancellationToken);
                throw Fault();
            default:
                return await inner.WritePartAsync(key, slot, content, cancellationToken);
        }
    }

    public Task FinishAsync(ArchiveKey key, IReadOnlyList<StoredPart> parts, CancellationToken cancellationToken) =>
        MeetAsync(() => inner.FinishAsync(key, parts, cancellationToken));

    public Task AbortAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        MeetAsync(() => inner.AbortAsync(key, cancellationToken));

    public async Task<long?> GetLengthAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        var mischief = await MeetAsync();
        var length = await inner.GetLengthAsync(key, cancellationToken);
        return mischief switch
        {
            Mischief.FailAfter => throw Fault(),
            Mischief.Half => length / 2,
            Mischief.Lie => null,
            _ => length,
        };
    }

    public async Task<Stream> OpenReadAsync(ArchiveKey key, long offset, long length, CancellationToken cancellationToken)
    {
        var mischief = await MeetAsync();
        var stream = await inner.OpenReadAsync(key, offset, length, cancellationToken);
        return mischief switch
        {
            Mischief.FailAfter => throw Fault(),
            Mischief.Half => new Altered(stream, length, WhenRead, endAt: length / 2),
            Mischief.Lie => new Altered(stream, length, WhenRead, endAt: null),
            _ => stream,
        };
    }

    public async Task WriteSidecarAsync(ArchiveKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        switch (await MeetAsync())
        {
            case Mischief.Half:
                await inner.WriteSidecarAsync(key, json[..(json.Length / 2)], cancellationToken);
                return;
            case Mischief.Lie:
                return;
            case Mischief.FailAfter:
                await inner.WriteSidecarAsync(key, json, cancellationToken);
                throw Fault();
            default:
                await inner.WriteSidecarAsync(key, json, cancellationToken);
                return;
        }
    }

    public async Task<byte[]?> ReadSidecarAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        var mischief = await MeetAsync();
        var json = await inner.ReadSidecarAsync(key, cancellationToken);
        return mischief switch
        {
            Mischief.FailAfter => throw Fault(),
            Mischief.Half => json?[..(json.Length / 2)],
            Mischief.Lie => null,
            _ => json,
        };
    }

    public Task LockAsync(ArchiveKey key, DateTimeOffset until, CancellationToken cancellationToken) =>
        MeetAsync(() => inner.LockAsync(key, until, cancellationToken));

    public Task DeleteAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        MeetAsync(() => inner.DeleteAsync(key, cancellationToken));

    public async IAsyncEnumerable<StoredObject> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var mischief = await MeetAsync();
        var whole = await inner.ListAsync(cancellationToken).ToListAsync(cancellationToken);
        var before = _listed;
        _listed = whole;
        foreach (var item in mischief switch
        {
            Mischief.Half => whole.Take(whole.Count / 2),
            Mischief.Lie => Misread(before.Count > 0 ? before : whole),
            _ => whole,
        })
        {
            yield return item;
        }

        if (mischief is Mischief.FailAfter or Mischief.Half)
            throw Fault();
    }

    public async IAsyncEnumerable<ArchiveKey> ListSidecarsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var mischief = await MeetAsync();
        var whole = await inner.ListSidecarsAsync(cancellationToken).ToListAsync(cancellationToken);
        foreach (var key in mischief switch
        {
            Mischief.Half => whole.Take(whole.Count / 2),
            Mischief.Lie => whole.Where((_, place) => place % 3 > 0),
            _ => whole,
        })
        {
            yield return key;
        }

        if (mischief is Mischief.FailAfter or Mischief.Half)
            throw Fault();
    }

    public async Task<long?> GetFreeSpaceAsync(CancellationToken cancellationToken)
    {
        var mischief = await MeetAsync();
        var free = await inner.GetFreeSpaceAsync(cancellationToken);
        return mischief switch
        {
            Mischief.FailAfter => throw Fault(),
            Mischief.Half => free / 2,
            Mischief.Lie => free * 2,
            _ => free,
        };
    }

    /// <summary>As it was the last time that somebody asked; of four one is left out, one has another size, one is finished that isn't, or the reverse.</summary>
    private static IEnumerable<StoredObject> Misread(IReadOnlyList<StoredObject> stale) => stale
        .Select((item, place) => (place % 4) switch
        {
            1 => item with { Size = item.Size + 1 },
            2 => item with { Finished = !item.Finished },
            _ => item,
        })
        .Where((_, place) => place % 4 > 0);

    private static ArchiveStoreException Fault() => new(StoreFault.Unavailable, "Injected.");

    /// <summary>For calls that do one thing or don't: a lie is not to do it.</summary>
    private async Task MeetAsync(Func<Task> work, [CallerMemberName] string call = "")
    {
        var mischief = await MeetAsync(call);
        if (mischief is Mischief.Lie)
            return;

        await work();
        if (mischief is Mischief.FailAfter or Mischief.Half)
            throw Fault();
    }

    /// <summary>What happens to this call. One in four meets something.</summary>
    private async Task<Mischief> MeetAsync([CallerMemberName] string call = "")
    {
        var number = Interlocked.Increment(ref _calls);
        if (!Mischievous)
            return Mischief.None;

        var mischief = (Mischief)(Mixed(number) % 20);
        if (!Enum.IsDefined(mischief) || mischief is Mischief.None)
            return Mischief.None;

        _injected.AddOrUpdate($"{call} {mischief}", 1, (_, count) => count + 1);
        if (mischief is Mischief.FailBefore)
            throw Fault();
        if (mischief is Mischief.Delay)
            await Task.Delay(TimeSpan.FromMilliseconds(Mixed(number + 1) % 20), TimeProvider.System);
        return mischief;
    }

    /// <summary>The same for the same seed and number, and otherwise any (SplitMix64's finalizer).</summary>
    private uint Mixed(int number)
    {
        var z = ((ulong)seed << 32) + ((ulong)(uint)number * 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (uint)(z ^ (z >> 31));
    }

    /// <summary>Fails in the middle; or gives every byte, one of them another.</summary>
    private sealed class Altered(Stream content, long length, byte flipped, long? endAt) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_position >= endAt)
                throw Fault();
            var read = await content.ReadAsync(buffer, cancellationToken);
            if (endAt is null && read > 0 && _position == 0)
                buffer.Span[0] ^= flipped;
            _position += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            content.Dispose();
            base.Dispose(disposing);
        }
    }
}
