using System.Text;

namespace Backstay.Archive;

/// <summary>What an entry says about owner, mode, times and extended attributes.</summary>
internal sealed record EntryAttributes(
    byte[] Name, ArchiveEntryKind Kind, int Permissions, uint Uid, uint Gid, FileTime Modified, ExtendedAttribute[] Extended)
{
    public static EntryAttributes Of(TarEntry entry) => new(
        entry.Name.Span.ToArray(), entry.Kind, entry.Permissions, entry.Uid, entry.Gid, entry.Modified, [.. entry.Attributes]);
}

internal delegate void ReportProblem(ReadOnlySpan<byte> name, string message);

/// <summary>
/// Gives extracted entries their attributes, in the order that keeps them: changing the owner clears setuid and capabilities,
/// and everything changes times.
/// </summary>
internal sealed unsafe class AttributeRestorer(bool restoreOwner, ReportProblem report)
{
    private const int OmitNow = 0x3ffffffe; // UTIME_OMIT
    private const int SetIdBits = 0xc00; // setuid, setgid

    // Labels and seals that the system gives by a policy of its own; what the archive doesn't say of them says nothing.
    private static readonly byte[][] OfPolicy =
        [[.. "security.selinux"u8], [.. "security.ima"u8], [.. "security.evm"u8], [.. "security.SMACK64"u8], [.. "security.apparmor"u8]];

    /// <summary>Of an open file or folder.</summary>
    public void Restore(int fd, EntryAttributes entry)
    {
        if (restoreOwner && Libc.FChOwn(fd, entry.Uid, entry.Gid) != 0)
            Fail(entry, "Its owner");
        if (Libc.FChMod(fd, ModeOf(entry)) != 0)
            Fail(entry, "Its mode");
        foreach (ExtendedAttribute attribute in entry.Extended)
        {
            if (!IsWanted(attribute))
                continue;
            fixed (byte* name = (byte[])[.. attribute.Name, 0])
            fixed (byte* value = attribute.Value)
            {
                if (Libc.FSetXAttr(fd, name, value, (nuint)attribute.Value.Length, 0) != 0)
                    Fail(entry, $"Its attribute {DisplayName.Of(attribute.Name)}");
            }
        }
        TimeSpec* times = stackalloc TimeSpec[2];
        SetTimes(times, entry);
        if (Libc.FUtimeNs(fd, times) != 0)
            Fail(entry, "Its time");
    }

    /// <summary>Of a link, a pipe or a device, which must not be opened.</summary>
    public void Restore(int parent, ReadOnlySpan<byte> leaf, EntryAttributes entry)
    {
        fixed (byte* path = leaf)
        {
            if (restoreOwner && Libc.FChOwnAt(parent, path, entry.Uid, entry.Gid, Libc.AtSymlinkNoFollow) != 0)
                Fail(entry, "Its owner");
            if (entry.Kind != ArchiveEntryKind.SymbolicLink && Libc.FChModAt(parent, path, ModeOf(entry), 0) != 0)
                Fail(entry, "Its mode");
            foreach (ExtendedAttribute attribute in entry.Extended)
                SetByPath(parent, leaf, attribute, entry);
            TimeSpec* times = stackalloc TimeSpec[2];
            SetTimes(times, entry);
            if (Libc.UtimeNsAt(parent, path, times, Libc.AtSymlinkNoFollow) != 0)
                Fail(entry, "Its time");
        }
    }

    /// <summary>Takes attributes off an open folder that its entry doesn't have.</summary>
    public void RemoveOthers(int fd, EntryAttributes entry)
    {
        var found = new List<ExtendedAttribute>();
        _ = ExtendedAttributes.Read(fd, found); // what can't be read can't be removed either
        foreach (ExtendedAttribute attribute in found)
        {
            if (!IsCompared(attribute) || entry.Extended.Any(own => own.Name.AsSpan().SequenceEqual(attribute.Name)))
                continue;
            fixed (byte* name = (byte[])[.. attribute.Name, 0])
            {
                if (Libc.FRemoveXAttr(fd, name) != 0)
                    Fail(entry, $"An attribute {DisplayName.Of(attribute.Name)} that it has not");
            }
        }
    }

    /// <summary>Whether what is there has the attributes of its entry, and no others.</summary>
    public bool HasSame(IReadOnlyList<ExtendedAttribute> found, IReadOnlyList<ExtendedAttribute> wanted)
    {
        foreach (ExtendedAttribute attribute in wanted)
        {
            if (IsWanted(attribute)
                && !found.Any(one => one.Name.AsSpan().SequenceEqual(attribute.Name) && one.Value.AsSpan().SequenceEqual(attribute.Value)))
                return false;
        }
        return found.All(one => !IsCompared(one) || wanted.Any(attribute => attribute.Name.AsSpan().SequenceEqual(one.Name)));
    }

    /// <summary>Permission bits as they will be.</summary>
    public int ModeOf(int permissions) => restoreOwner ? permissions : permissions & ~SetIdBits;

    private void SetByPath(int parent, ReadOnlySpan<byte> leaf, ExtendedAttribute attribute, EntryAttributes entry)
    {
        if (!IsWanted(attribute))
            return;
        byte[] full = [.. Encoding.ASCII.GetBytes($"/proc/self/fd/{parent}/"), .. leaf];
        fixed (byte* path = full)
        fixed (byte* name = (byte[])[.. attribute.Name, 0])
        fixed (byte* value = attribute.Value)
        {
            if (Libc.LSetXAttr(path, name, value, (nuint)attribute.Value.Length, 0) != 0)
                Fail(entry, $"Its attribute {DisplayName.Of(attribute.Name)}");
        }
    }

    private uint ModeOf(EntryAttributes entry) => (uint)ModeOf(entry.Permissions);

    private bool IsCompared(in ExtendedAttribute attribute)
    {
        foreach (byte[] name in OfPolicy)
        {
            if (attribute.Name.AsSpan().SequenceEqual(name))
                return false;
        }
        return IsWanted(attribute);
    }

    /// <summary>Capabilities, labels and trusted attributes belong to the owner's rights; access lists and user.* don't.</summary>
    private bool IsWanted(in ExtendedAttribute attribute)
        => restoreOwner || attribute.Name.AsSpan().StartsWith("user."u8) || attribute.Name.AsSpan().StartsWith("system.posix_acl_"u8);

    private static void SetTimes(TimeSpec* times, EntryAttributes entry)
    {
        times[0] = new TimeSpec { Nanoseconds = OmitNow };
        times[1] = new TimeSpec { Seconds = entry.Modified.Seconds, Nanoseconds = entry.Modified.Nanoseconds };
    }

    private void Fail(EntryAttributes entry, string what)
        => report(entry.Name, $"{what} could not be restored: {Libc.Describe(Libc.LastError)}.");
}
