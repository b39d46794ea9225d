namespace Backstay.Archive;

/// <summary>
/// The lines of SHA256SUMS, in the form of GNU sha256sum, spooled to a file that has no name: half a million of them need no
/// memory.
/// </summary>
internal sealed class ChecksumList : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly FileStream _file;
    private readonly ByteBuffer _line = new(512);

    public ChecksumList(string folder)
    {
        _file = new FileStream(LinuxFile.CreateUnnamed(folder), FileAccess.ReadWrite, BufferSize);
    }

    public long Length => _file.Length;

    public long Count { get; private set; }

    /// <summary>Appends one line.</summary>
    /// <param name="digest">32 bytes.</param>
    /// <param name="name">Name in the archive.</param>
    public void Add(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> name)
    {
        _line.Clear();
        Format(digest, name, _line);
        _file.Write(_line.Span);
        Count++;
    }

    /// <summary>
    /// One line: <c>hex, two spaces, name</c>. A name with a line feed or a backslash is escaped, which a backslash at the
    /// front of the line says.
    /// </summary>
    public static void Format(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> name, ByteBuffer line)
    {
        bool escape = name.IndexOfAny((byte)'\n', (byte)'\\') >= 0;
        if (escape)
            line.Append((byte)'\\');
        Span<byte> hex = stackalloc byte[64];
        Convert.TryToHexStringLower(digest, hex, out _);
        line.Append(hex);
        line.Append("  "u8);
        if (!escape)
        {
            line.Append(name);
        }
        else
        {
            foreach (byte b in name)
            {
                if (b == '\n')
                    line.Append("\\n"u8);
                else if (b == '\\')
                    line.Append("\\\\"u8);
                else
                    line.Append(b);
            }
        }
        line.Append((byte)'\n');
    }

    /// <summary>Goes back to the first line, for reading.</summary>
    public void Rewind()
    {
        _file.Flush();
        _file.Position = 0;
    }

    /// <summary>Reads on from where <see cref="Rewind"/> or the last call left off; 0 at the end.</summary>
    public int Read(Span<byte> buffer) => _file.Read(buffer);

    public void Dispose() => _file.Dispose();
}
