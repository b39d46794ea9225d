using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>Reads OpenPGP packets from a stream: their headers (RFC 4880 section 4.2), and bodies in definite or partial lengths.</summary>
internal sealed class PacketInput(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private long _bodyLeft;
    private bool _bodyPartial;

    /// <summary>Bytes taken from the stream so far.</summary>
    public long Position { get; private set; }

    /// <summary>Hashes what is read as long as it is set.</summary>
    public IncrementalHash? Hash { get; set; }

    /// <summary>The next byte without taking it; -1 at the end of the stream.</summary>
    public async ValueTask<int> PeekAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = 0;
            _end = await stream.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
        }
        return _start == _end ? -1 : _buffer[_start];
    }

    /// <summary>Takes a packet's tag; its body follows.</summary>
    public async ValueTask<int> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        byte header = await ReadByteAsync(cancellationToken).ConfigureAwait(false);
        if ((header & 0xc0) == 0xc0)
        {
            await ReadLengthAsync(cancellationToken).ConfigureAwait(false);
            return header & 0x3f;
        }
        if ((header & 0x80) == 0 || (header & 3) == 3)
            throw new ArchiveException(ArchiveFault.NotAnArchive, "This isn't an archive: an OpenPGP message begins otherwise.");
        _bodyPartial = false;
        _bodyLeft = 0;
        for (int bytes = 1 << (header & 3); bytes > 0; bytes--)
            _bodyLeft = (_bodyLeft << 8) | await ReadByteAsync(cancellationToken).ConfigureAwait(false);
        return (header >> 2) & 0xf;
    }

    /// <summary>Reads from the packet's body; 0 at its end.</summary>
    public async ValueTask<int> ReadBodyAsync(Memory<byte> to, CancellationToken cancellationToken)
    {
        while (_bodyLeft == 0)
        {
            if (!_bodyPartial)
                return 0;
            await ReadLengthAsync(cancellationToken).ConfigureAwait(false);
        }
        to = to[..(int)Math.Min(to.Length, _bodyLeft)];
        int count = await ReadAsync(to, cancellationToken).ConfigureAwait(false);
        _bodyLeft -= count;
        return count;
    }

    /// <summary>Reads a body until it or the buffer ends.</summary>
    public async ValueTask<int> FillFromBodyAsync(Memory<byte> to, CancellationToken cancellationToken)
    {
        int filled = 0;
        while (filled < to.Length)
        {
            int count = await ReadBodyAsync(to[filled..], cancellationToken).ConfigureAwait(false);
            if (count == 0)
                break;
            filled += count;
        }
        return filled;
    }

    private async ValueTask ReadLengthAsync(CancellationToken cancellationToken)
    {
        byte first = await ReadByteAsync(cancellationToken).ConfigureAwait(false);
        _bodyPartial = first is >= 224 and < 255;
        if (first < 192)
        {
            _bodyLeft = first;
        }
        else if (first < 224)
        {
            _bodyLeft = ((first - 192) << 8) + await ReadByteAsync(cancellationToken).ConfigureAwait(false) + 192;
        }
        else if (_bodyPartial)
        {
            _bodyLeft = 1L << (first & 0x1f);
        }
        else
        {
            byte[] length = new byte[4];
            for (int i = 0; i < length.Length; i++)
                length[i] = await ReadByteAsync(cancellationToken).ConfigureAwait(false);
            _bodyLeft = BinaryPrimitives.ReadUInt32BigEndian(length);
        }
    }

    private async ValueTask<byte> ReadByteAsync(CancellationToken cancellationToken)
    {
        int next = await PeekAsync(cancellationToken).ConfigureAwait(false);
        if (next < 0)
            throw Cut();
        Take(1);
        return (byte)next;
    }

    private async ValueTask<int> ReadAsync(Memory<byte> to, CancellationToken cancellationToken)
    {
        if (await PeekAsync(cancellationToken).ConfigureAwait(false) < 0)
            throw Cut();
        int count = Math.Min(to.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(to.Span);
        Take(count);
        return count;
    }

    private void Take(int count)
    {
        Hash?.AppendData(_buffer, _start, count);
        _start += count;
        Position += count;
    }

    private ArchiveException Cut() => Position == 0
        ? new(ArchiveFault.NotAnArchive, "This isn't an archive: it is empty.")
        : new(ArchiveFault.Truncated, $"The archive is cut off after {Position} bytes; download or copy it again.");
}
