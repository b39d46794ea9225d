using System.Text.Json;
using System.Text.Json.Serialization;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Connection;

/// <summary>What the program remembers between runs, for each controller it knows.</summary>
/// <param name="Controller">The address that is used when none is given: the last one signed in to.</param>
/// <param name="DeviceId">Made up once: how the controller tells this machine's sign-ins from others.</param>
/// <param name="Controllers">By address.</param>
internal sealed record CliConfig(string? Controller, Guid DeviceId, IReadOnlyDictionary<string, KnownController> Controllers)
{
    public KnownController For(Uri address) => Controllers.GetValueOrDefault(ControllerAddress.Text(address)) ?? new KnownController();

    public CliConfig With(Uri address, KnownController known) => this with
    {
        Controllers = new Dictionary<string, KnownController>(Controllers) { [ControllerAddress.Text(address)] = known },
    };
}

/// <param name="Pin">The key that was trusted, <c>sha256/BASE64</c>; null when the system's roots vouch for it.</param>
/// <param name="Token">From the last sign-in; null after <c>logout</c>.</param>
internal sealed record KnownController(
    string? Pin = null,
    string? Username = null,
    string? Token = null,
    DateTimeOffset? Expires = null);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CliConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext;

/// <summary>
/// <c>config.json</c> in <c>$XDG_CONFIG_HOME/backstay</c> (or <c>~/.config/backstay</c>), readable by its owner alone because
/// it holds the token.
/// </summary>
internal sealed class ConfigFile(string path)
{
    public string Path { get; } = path;

    /// <param name="given">From <c>--config</c> or <c>BACKSTAY_CONFIG</c>; null for the default place.</param>
    public static ConfigFile At(string? given)
    {
        if (!string.IsNullOrEmpty(given))
            return new ConfigFile(System.IO.Path.GetFullPath(given));
        var xdg = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");
        // XDG: a relative path is to be ignored.
        var root = System.IO.Path.IsPathRooted(xdg)
            ? xdg
            : System.IO.Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        return new ConfigFile(System.IO.Path.Join(root, "backstay", "config.json"));
    }

    public async Task<CliConfig> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(Path);
            var config = await JsonSerializer.DeserializeAsync(file, ConfigJson.Default.CliConfig, cancellationToken);
            if (config is { Controllers: not null })
                return config;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new CliConfig(null, Guid.NewGuid(), new Dictionary<string, KnownController>());
        }
        catch (JsonException e)
        {
            throw Unreadable(e);
        }

        throw Unreadable(null);
    }

    public async Task SaveAsync(CliConfig config, CancellationToken cancellationToken)
    {
        var folder = System.IO.Path.GetDirectoryName(Path)!;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await PrivateFile.WriteAsync(
            Path, JsonSerializer.SerializeToUtf8Bytes(config, ConfigJson.Default.CliConfig), replace: true, cancellationToken);
    }

    private CliException Unreadable(Exception? cause) => new(
        ExitCode.Failure,
        CliErrorIds.ConfigUnreadable,
        $"{Path} is not a configuration of backstay. Delete it and sign in again: backstay login",
        cause);
}
