using System.Globalization;
using Backstay.Archive;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Archive;

/// <summary>An entry as <c>archive list</c> prints it.</summary>
/// <param name="Name">Bytes that aren't UTF-8 are <c>\xHH</c>.</param>
/// <param name="Kind"><c>file</c>, <c>directory</c>, <c>symbolicLink</c>, <c>hardLink</c>, <c>namedPipe</c>, …</param>
/// <param name="Mode">Octal, four digits.</param>
internal sealed record ListedEntry(
    string Name,
    string Kind,
    long Size,
    string Mode,
    string User,
    string Group,
    uint Uid,
    uint Gid,
    DateTimeOffset Modified,
    string? LinkTarget)
{
    public static ListedEntry Of(ArchiveEntry entry) => new(
        entry.Name,
        Human.Word<ArchiveEntryKind>(entry.Kind),
        entry.Size,
        Convert.ToString(entry.Mode, 8).PadLeft(4, '0'),
        entry.UserName,
        entry.GroupName,
        entry.Uid,
        entry.Gid,
        entry.Modified,
        entry.LinkTarget);

    /// <summary>Like a line of <c>ls -l</c>.</summary>
    public string Line(TimeProvider clock)
    {
        var target = LinkTarget is null ? "" : $" -> {LinkTarget}";
        return string.Create(
            CultureInfo.InvariantCulture, $"{Letter}{Mode}  {Owner,-15} {Size,14}  {Human.Time(Modified, clock)}  {Name}{target}");
    }

    /// <summary>By name where there is one; not in JSON.</summary>
    internal string Owner => $"{Known(User, Uid)}/{Known(Group, Gid)}";

    private char Letter => Kind switch
    {
        "directory" => 'd',
        "symbolicLink" => 'l',
        "hardLink" => 'h',
        "namedPipe" => 'p',
        "characterDevice" => 'c',
        "blockDevice" => 'b',
        _ => '-',
    };

    private static string Known(string name, uint id) => name.Length > 0 ? name : id.ToString(CultureInfo.InvariantCulture);
}
