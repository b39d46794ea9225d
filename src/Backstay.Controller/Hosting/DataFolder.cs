using Backstay.Controller.Catalog;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

/// <summary>The folder for everything that the controller writes, readable for its own user alone.</summary>
internal sealed class DataFolder(IOptions<DataOptions> options, IOptions<CatalogOptions> catalog)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Path => options.Value.Folder;

    /// <summary>Makes it where it is missing, and tries whether it can be written to.</summary>
    /// <exception cref="StartupException">It can't.</exception>
    public void Prepare()
    {
        try
        {
            Directory.CreateDirectory(Path, OwnerOnly | UnixFileMode.UserExecute);
            var probe = System.IO.Path.Combine(Path, $".probe-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);

            if (catalog.Value.Provider is CatalogProvider.Sqlite)
                MakeCatalogFile(catalog.Value.File);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"The data folder {Path} can't be written to ({exception.Message}). Give the service's user the folder, or choose another "
                + "with --data.",
                exception);
        }
    }

    /// <summary>
    /// SQLite gives a new file to everyone, and its journal the rights of the file: so it finds one. Empty is a valid database.
    /// </summary>
    private static void MakeCatalogFile(string file)
    {
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = OwnerOnly,
        });
    }

    /// <summary>The text of a file in the folder, without its line end; null when there is none.</summary>
    public async Task<string?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var file = System.IO.Path.Combine(Path, name);
        return File.Exists(file) ? (await File.ReadAllTextAsync(file, cancellationToken)).TrimEnd('\r', '\n') : null;
    }

    /// <summary>Writes a small file that only the owner reads (0600), whole or not at all.</summary>
    public async Task WriteAsync(string name, string text, CancellationToken cancellationToken)
    {
        var file = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!, OwnerOnly | UnixFileMode.UserExecute);
        var temporary = $"{file}.{Guid.NewGuid():N}.tmp";
        try
        {
            await using (var stream = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly,
            }))
            {
                await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancellationToken);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, file, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
