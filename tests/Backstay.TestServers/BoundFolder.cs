namespace Backstay.TestServers;

/// <summary>A folder that is seen at another place, too (<c>mount --bind</c>). Mounting needs root, as the tests have in CI.</summary>
public sealed class BoundFolder : IDisposable
{
    private readonly string _at;

    private BoundFolder(string at) => _at = at;

    /// <param name="folder">What is to be seen.</param>
    /// <param name="at">Where; an empty folder.</param>
    public static BoundFolder Mount(string folder, string at)
    {
        SmallDisk.Run("mount", "--bind", folder, at);
        return new BoundFolder(at);
    }

    public void Dispose() => SmallDisk.Run("umount", "--lazy", _at);
}
