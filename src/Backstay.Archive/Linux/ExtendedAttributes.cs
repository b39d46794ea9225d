using System.Text;

namespace Backstay.Archive;

/// <summary>One extended attribute: name without terminator, value as it is.</summary>
internal readonly record struct ExtendedAttribute(byte[] Name, byte[] Value);

/// <summary>Reads the extended attributes of a file, POSIX ACLs and capabilities among them.</summary>
internal static unsafe class ExtendedAttributes
{
    /// <summary>Most bytes of names and values that one entry may carry; the reader's limit for a pax header is twice that.</summary>
    public const int MaxTotal = 512 * 1024;

    private const int MaxList = 64 * 1024; // the kernel's own limits for a list and for a value
    private const int MaxValue = 64 * 1024;

    /// <summary>Attributes of an open file. Files without any cost one system call and no allocation.</summary>
    /// <returns>None, or the error of the first attribute that could not be read; the others are there.</returns>
    public static Errno Read(int fd, List<ExtendedAttribute> attributes)
    {
        // a probe with an empty buffer answers with the length of the list: nearly always zero
        nint length = Libc.FListXAttr(fd, null, 0);
        return length == 0 ? Errno.None : ReadListed(fd, null, length, attributes);
    }

    /// <summary>Attributes of something that must not be opened: a link, a pipe, a device.</summary>
    public static Errno Read(int directory, ReadOnlySpan<byte> name, List<ExtendedAttribute> attributes)
    {
        Span<byte> path = stackalloc byte[300]; // "/proc/self/fd/" + number + "/" + one component of at most 255 bytes
        Encoding.ASCII.TryGetBytes($"/proc/self/fd/{directory}/", path, out int prefix);
        name.CopyTo(path[prefix..]);
        path[prefix + name.Length] = 0;
        fixed (byte* pinned = path)
        {
            nint length = Libc.LListXAttr(pinned, null, 0);
            return length == 0 ? Errno.None : ReadListed(-1, pinned, length, attributes);
        }
    }

    private static Errno ReadListed(int fd, byte* path, nint length, List<ExtendedAttribute> attributes)
    {
        if (length < 0)
            return Libc.LastError is Errno.NotSupported or Errno.NoEntry ? Errno.None : Libc.LastError;
        byte[] names = new byte[MaxList];
        Errno first = Errno.None;
        int total = 0;
        fixed (byte* list = names)
        {
            length = path == null ? Libc.FListXAttr(fd, list, MaxList) : Libc.LListXAttr(path, list, MaxList);
            if (length < 0)
                return Libc.LastError;
            for (int at = 0; at < length;)
            {
                ReadOnlySpan<byte> name = names.AsSpan(at, (int)length - at);
                name = name[..name.IndexOf((byte)0)];
                Errno error = ReadValue(fd, path, list + at, out byte[]? value);
                if (value is not null && (total += name.Length + value.Length) <= MaxTotal)
                    attributes.Add(new ExtendedAttribute(name.ToArray(), value));
                else if (error != Errno.NoData && first == Errno.None) // removed meanwhile: not there is right
                    first = error == Errno.None ? Errno.Range : error;
                at += name.Length + 1;
            }
        }
        return first;
    }

    private static Errno ReadValue(int fd, byte* path, byte* name, out byte[]? value)
    {
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(MaxValue);
        try
        {
            fixed (byte* to = buffer)
            {
                nint length = path == null
                    ? Libc.FGetXAttr(fd, name, to, MaxValue)
                    : Libc.LGetXAttr(path, name, to, MaxValue);
                value = length < 0 ? null : buffer.AsSpan(0, (int)length).ToArray();
                return length < 0 ? Libc.LastError : Errno.None;
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
