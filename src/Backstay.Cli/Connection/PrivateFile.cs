using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Connection;

/// <summary>A file that only its owner may read, whole or not there at all.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="replace">Otherwise a file that exists is an error and stays as it is.</param>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, bool replace, CancellationToken cancellationToken)
    {
        if (!replace && Path.Exists(path))
            throw Exists(path);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
            await using (var file = new FileStream(temporary, options))
            {
                await file.WriteAsync(content, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, replace);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Nothing is overwritten unless asked.</summary>
    public static CliException Exists(string path) => new(
        ExitCode.Failure,
        CliErrorIds.FileExists,
        $"{path} exists already. Use --force to replace it, or choose another name.");
}
