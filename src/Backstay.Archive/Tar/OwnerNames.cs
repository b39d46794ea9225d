using System.Globalization;
using System.Text;

namespace Backstay.Archive;

/// <summary>
/// Names of users and groups from <c>/etc/passwd</c> and <c>/etc/group</c> alone: asking the C library could mean asking a
/// directory server for every file.
/// </summary>
internal sealed class OwnerNames
{
    private const int MaxNames = 10_000;
    private readonly Dictionary<uint, byte[]> _users = Load("/etc/passwd");
    private readonly Dictionary<uint, byte[]> _groups = Load("/etc/group");

    /// <summary>Empty for an id without a name.</summary>
    public ReadOnlySpan<byte> User(uint id) => _users.GetValueOrDefault(id);

    public ReadOnlySpan<byte> Group(uint id) => _groups.GetValueOrDefault(id);

    private static Dictionary<uint, byte[]> Load(string path)
    {
        var names = new Dictionary<uint, byte[]>();
        try
        {
            foreach (string line in File.ReadLines(path, Encoding.Latin1).Take(MaxNames))
            {
                string[] fields = line.Split(':');
                if (fields.Length > 2 && fields[0].Length is > 0 and <= 255
                    && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
                    names.TryAdd(id, Encoding.Latin1.GetBytes(fields[0]));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // names are a convenience beside the numbers; a machine without the file has numbers only
        }
        return names;
    }
}
