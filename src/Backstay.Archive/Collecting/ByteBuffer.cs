namespace Backstay.Archive;

/// <summary>Bytes that grow and are used again: names, paths, headers.</summary>
internal sealed class ByteBuffer(int capacity)
{
    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>The content followed by a zero, for the system.</summary>
    public ReadOnlySpan<byte> NullTerminated(int start = 0)
    {
        Reserve(1);
        _bytes[Length] = 0;
        return _bytes.AsSpan(start, Length - start + 1);
    }

    public void Clear() => Length = 0;

    public void Truncate(int length) => Length = Math.Min(Length, length);

    public void Append(byte value)
    {
        Reserve(1);
        _bytes[Length++] = value;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Appends a decimal number.</summary>
    public void Append(long value)
    {
        Reserve(20);
        System.Buffers.Text.Utf8Formatter.TryFormat(value, _bytes.AsSpan(Length), out int count);
        Length += count;
    }

    /// <summary>Appends zeros and returns them to be filled.</summary>
    public Span<byte> AppendZeros(int count)
    {
        Reserve(count);
        Span<byte> zeros = _bytes.AsSpan(Length, count);
        zeros.Clear();
        Length += count;
        return zeros;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
    }
}
