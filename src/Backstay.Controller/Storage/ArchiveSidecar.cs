using System.Text.Json;
using System.Text.Json.Serialization;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Storage;

/// <summary>
/// What lies as JSON beside an archive: enough to make the backup's row again when the catalog is lost, and nothing secret.
/// </summary>
/// <param name="Format">1.</param>
/// <param name="Sha256">Of the archive, lower-case hex.</param>
/// <param name="Completed">When the agent's completion was taken.</param>
internal sealed record ArchiveSidecar(
    int Format,
    Guid BackupId,
    int Attempt,
    Guid ApplianceId,
    string ApplianceName,
    bool Logs,
    bool Audit,
    string RequestedBy,
    DateTimeOffset Created,
    DateTimeOffset? Started,
    DateTimeOffset Completed,
    string? AgentVersion,
    int Parts,
    long Size,
    string Sha256,
    UploadSummary Summary)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SidecarJson.Default.ArchiveSidecar);

    /// <exception cref="JsonException">It isn't a sidecar.</exception>
    public static ArchiveSidecar FromJson(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, SidecarJson.Default.ArchiveSidecar) ?? throw new JsonException("The sidecar is null.");
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ArchiveSidecar))]
internal sealed partial class SidecarJson : JsonSerializerContext;
