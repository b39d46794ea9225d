namespace Backstay.Archive;

/// <summary>Attributes of a file that isn't read from a folder: a database dump, a command's output.</summary>
/// <param name="Modified">Modification time.</param>
/// <param name="Mode">Permission bits, default 0600 (octal).</param>
/// <param name="Uid">Numeric owner, default 0.</param>
/// <param name="Gid">Numeric group, default 0.</param>
public sealed record ArchiveFileAttributes(DateTimeOffset Modified, int Mode = 0x180, uint Uid = 0, uint Gid = 0);
