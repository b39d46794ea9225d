using Backstay.Cli.Connection;

namespace Backstay.Cli.Downloads;

/// <summary>Where an archive is to be.</summary>
internal sealed class DownloadTarget
{
    private readonly string? _file;
    private readonly string _folder;
    private readonly bool _force;

    private DownloadTarget(string? file, string folder, bool force) => (_file, _folder, _force) = (file, folder, force);

    /// <param name="path">A folder that exists (or ends with a slash), else a file; null for the current folder.</param>
    /// <param name="force">A file that is there already may be replaced.</param>
    public static DownloadTarget Of(string? path, bool force)
    {
        if (path is null)
            return Folder(Directory.GetCurrentDirectory(), force);
        var full = Path.GetFullPath(path);
        return Directory.Exists(full) || Path.EndsInDirectorySeparator(full)
            ? Folder(full, force)
            : new DownloadTarget(full, Path.GetDirectoryName(full)!, force);
    }

    /// <summary>A folder that is made if it isn't there; the controller's name for the archive is used in it.</summary>
    public static DownloadTarget Folder(string path, bool force) => new(null, path, force);

    /// <summary>The final name.</summary>
    /// <param name="suggested">What the controller calls the archive.</param>
    public string Resolve(string suggested)
    {
        var file = _file ?? Path.Join(_folder, suggested);
        if (!_force && Path.Exists(file))
            throw PrivateFile.Exists(file);
        Directory.CreateDirectory(_folder);
        return file;
    }

    /// <summary>Gives the finished bytes their name: from here on they are there after a power cut, too.</summary>
    public void Publish(string part, string file)
    {
        File.Move(part, file, overwrite: _force);
        DurableFolder.Flush(_folder);
    }
}
