using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Backstay.Agent.Configuration;
using Backstay.Agent.Platform;
using Backstay.Agent.Sources;
using Backstay.Archive;
using Xunit;

namespace Backstay.Agent.Tests.Sources;

/// <summary>Collects one source into a real archive, and opens that with gpg, zstd and tar of .NET.</summary>
public abstract class SourceTest : IDisposable
{
    private protected TempFolder Folder { get; } = new();

    private protected string State => Folder.Of("agent-state");

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <returns>The files by name below the archive's root, and the warnings.</returns>
    private protected async Task<(Dictionary<string, byte[]> Files, IReadOnlyList<ArchiveWarning> Warnings)> CollectAsync(
        ArchiveSection section, SourceSettings settings, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(State);
        var spool = new SpoolFolder(Folder.Of("agent-state/spool"));
        var source = Assert.Single(SourceList.Create(
            new AgentSettings { Sections = new Dictionary<ArchiveSection, IReadOnlyList<SourceSettings>> { [section] = [settings] } },
            [section], [State], TimeProvider.System));
        using var key = SessionKey.Generate();
        var envelope = Envelope.Wrap(key, ["test"], []);
        var manifest = new ArchiveManifest
        {
            ApplianceName = "gateway-1",
            AgentVersion = "test",
            Sections = [section],
            Started = DateTimeOffset.UtcNow,
            Hostname = "host",
        };
        var path = Folder.Of("archive.gpg");
        ArchiveSummary summary;
        await using (var output = File.Create(path))
        await using (var writer = ArchiveWriter.Create(output, key, envelope, manifest, new ArchiveWriterOptions { SpoolFolder = spool.Path }))
        {
            await source.CollectAsync(new SourceContext(writer, spool, TimeProvider.System), cancellationToken);
            summary = await writer.FinishAsync(DateTimeOffset.UtcNow, cancellationToken);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(spool.Path));
        return (await OpenedArchive.ReadAsync(path, "test"), summary.Warnings);
    }
}

/// <summary>Opens an archive with the tools that everybody has.</summary>
internal static class OpenedArchive
{
    public static async Task<Dictionary<string, byte[]>> ReadAsync(string path, string passphrase)
    {
        var home = Directory.CreateTempSubdirectory("gpg-").FullName;
        try
        {
            var tar = Path.Combine(home, "archive.tar");
            await Shell.RunAsync(
                "sh", "-c", $"gpg --homedir '{home}' --batch --quiet --pinentry-mode loopback --passphrase '{passphrase}' -d '{path}' | zstd -dqc > '{tar}'");
            var files = new Dictionary<string, byte[]>();
            await using var reader = new TarReader(File.OpenRead(tar));
            while (await reader.GetNextEntryAsync() is { } entry)
            {
                using var content = new MemoryStream();
                if (entry.DataStream is { } data)
                    await data.CopyToAsync(content);
                files[entry.Name.TrimEnd('/')] = content.ToArray();
            }

            return files;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    public static string Text(this byte[] bytes) => Encoding.UTF8.GetString(bytes);

    public static JsonElement Json(this byte[] bytes) => JsonDocument.Parse(bytes).RootElement;
}
