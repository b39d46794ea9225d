using Backstay.Agent.Configuration;
using Backstay.Archive;

namespace Backstay.Agent.Drills;

/// <summary>What opens the archives, read from this machine's own files for each drill and kept no longer.</summary>
internal static class DrillKey
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <exception cref="DrillImpossibleException">A file isn't there, can't be read, or can be read by others.</exception>
    public static async Task<Unlock> ReadAsync(DrillSettings settings, CancellationToken cancellationToken)
    {
        if (settings.KeyFiles.Select(Problem).FirstOrDefault(problem => problem is not null) is { } wrong)
            throw new DrillImpossibleException(wrong);

        try
        {
            var keys = new List<Unlock>();
            foreach (var key in settings.Keys)
                keys.Add(await ReadAsync(key, cancellationToken));
            return Unlock.WithAny(keys);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrillImpossibleException($"The key can't be read: {e.Message}");
        }
    }

    private static async Task<Unlock> ReadAsync(DrillKeySettings key, CancellationToken cancellationToken)
    {
        if (key.PassphraseFile is { } file)
            return Unlock.WithPassphrase(await FirstLineAsync(file, cancellationToken));

        var passphrase = key.SecretKeyPassphraseFile is { } second ? await FirstLineAsync(second, cancellationToken) : null;
        return Unlock.WithSecretKey(await File.ReadAllBytesAsync(key.SecretKeyFile!, cancellationToken), passphrase);
    }

    /// <summary>What is wrong with a file of keys, or null.</summary>
    public static string? Problem(string file) =>
        !File.Exists(file) ? $"The key file {file} does not exist."
        : (File.GetUnixFileMode(file) & Others) != 0 ? $"The key file {file} can be read or written by others. Mend it: chmod 0600 {file}"
        : null;

    private static async Task<string> FirstLineAsync(string file, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(file);
        return await reader.ReadLineAsync(cancellationToken) is { Length: > 0 } line
            ? line
            : throw new DrillImpossibleException($"The first line of {file} is empty; it should be the passphrase.");
    }
}
