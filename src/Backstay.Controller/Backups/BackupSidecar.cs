using System.Text.Json;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Controller.Keys;
using Backstay.Controller.Storage;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Backups;

/// <summary>What the catalog knows of a backup, as it lies beside the archive.</summary>
internal static class BackupSidecar
{
    /// <param name="complete">As the agent said it.</param>
    /// <param name="completed">When that was taken.</param>
    public static ArchiveSidecar Of(BackupEntity backup, ApplianceEntity appliance, CompleteUpload complete, DateTimeOffset completed) => new(
        ArchiveSidecar.NewestFormat,
        backup.Id,
        backup.Attempt,
        appliance.Id,
        appliance.Name,
        backup.Logs,
        backup.Audit,
        backup.RequestedBy,
        backup.Created,
        backup.Started,
        completed,
        backup.AgentVersion,
        complete.Parts,
        complete.Size,
        complete.Sha256,
        complete.Summary,
        new SidecarAppliance(
            appliance.Hostname, appliance.Site, appliance.SiteName, appliance.Notes, appliance.Tags, ApplianceRoles.WordsOf(appliance.Functions),
            appliance.Created),
        Keys: OpeningKeys.Parse(backup.Keys));

    /// <summary>The same, of one that succeeded: its row has all of it.</summary>
    public static ArchiveSidecar Of(BackupEntity succeeded, ApplianceEntity appliance) => Of(
        succeeded,
        appliance,
        new CompleteUpload(
            succeeded.Parts!.Value,
            succeeded.Size!.Value,
            Convert.ToHexStringLower(succeeded.Sha256!),
            JsonSerializer.Deserialize(succeeded.Summary!, AgentJson.Default.UploadSummary)!),
        succeeded.Ended!.Value);
}
