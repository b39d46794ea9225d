using Backstay.Archive;

namespace Backstay.Cli.Tests.Running;

/// <summary>Archives as an agent makes them: they say which backup of which appliance they are.</summary>
internal static class AgentArchive
{
    private static readonly DateTimeOffset Started = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public static async Task WriteAsync(
        string file, string passphrase, string folder, Guid backupId, Guid? applianceId = null, string name = "gw-01")
    {
        var manifest = new ArchiveManifest
        {
            ApplianceId = applianceId ?? Peer.ApplianceId,
            ApplianceName = name,
            BackupId = backupId,
            AgentVersion = "1.2.3",
            Sections = [ArchiveSection.Config],
            Started = Started,
            Hostname = name,
        };
        using var key = SessionKey.Generate();
        await using var output = File.Create(file);
        await using var writer = ArchiveWriter.Create(output, key, Envelope.Wrap(key, [passphrase], []), manifest, new ArchiveWriterOptions());
        await writer.AddTreeAsync(ArchiveSection.Config, folder, PathExcludes.None, CancellationToken.None);
        await writer.FinishAsync(Started, CancellationToken.None);
    }
}
