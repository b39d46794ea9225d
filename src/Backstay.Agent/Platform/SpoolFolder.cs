using Backstay.Agent.Sources;

namespace Backstay.Agent.Platform;

/// <summary>
/// The folder for bytes that have to wait on disk: dumps, outputs of commands, large parts. Its files are 0600 and unlinked as
/// soon as they are open, so nothing stays behind however the process ends.
/// </summary>
internal sealed class SpoolFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnly | UnixFileMode.UserExecute;
    private const string Prefix = "backstay-";
    private const string Suffix = ".spool";
    private const int NoSpace = 28; // ENOSPC
    private const int NoQuota = 122; // EDQUOT

    public SpoolFolder(string path)
    {
        Path = path;
        Directory.CreateDirectory(path, OwnerOnlyFolder);
    }

    public string Path { get; }

    /// <summary>Removes what a process that was killed left behind. Only while no other agent uses the folder.</summary>
    public void Sweep()
    {
        foreach (var file in Directory.EnumerateFiles(Path, $"{Prefix}*{Suffix}*"))
            File.Delete(file);
    }

    /// <summary>An unlinked file to write and then read; gone when it is closed.</summary>
    public FileStream Create()
    {
        var stream = Open(NewName(), FileMode.CreateNew, FileAccess.ReadWrite);
        File.Delete(stream.Name);
        return stream;
    }

    /// <summary>An empty file with a name, for a library that wants one: call <see cref="TakeOver"/>, or delete it.</summary>
    public string CreateNamed()
    {
        var name = NewName();
        Open(name, FileMode.CreateNew, FileAccess.Write).Dispose();
        return name;
    }

    /// <summary>Opens a file of <see cref="CreateNamed"/> to be read, and unlinks it.</summary>
    public static FileStream TakeOver(string name)
    {
        var stream = Open(name, FileMode.Open, FileAccess.Read);
        File.Delete(name);
        return stream;
    }

    /// <summary>Whether an error says that a disk or a quota is full.</summary>
    public static bool IsFull(IOException exception) => exception.HResult is NoSpace or NoQuota;

    /// <summary>The failure to report when the folder is full.</summary>
    public SourceFailedException Full(string what)
    {
        var free = new DriveInfo(Path).AvailableFreeSpace;
        return new SourceFailedException(
            $"{what} did not fit into the spool folder {Path} ({free >> 20} MiB are free there now). Make room, or set "
            + "\"spoolDirectory\" to a folder on a larger file system.");
    }

    private string NewName() => System.IO.Path.Combine(Path, $"{Prefix}{Guid.NewGuid():N}{Suffix}");

    private static FileStream Open(string name, FileMode mode, FileAccess access) => new(name, new FileStreamOptions
    {
        Mode = mode,
        Access = access,
        BufferSize = 0,
        Options = FileOptions.Asynchronous,
        UnixCreateMode = mode == FileMode.CreateNew ? OwnerOnly : null,
    });
}
