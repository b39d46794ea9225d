using System.Text.Json;
using System.Text.Json.Serialization;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Storage;

/// <summary>
/// What lies as JSON beside an archive: enough to make the backup's row, and its appliance's, again when the catalog is lost, and
/// nothing secret. A sidecar of any format that was ever written is read.
/// </summary>
/// <param name="Format">1: without <paramref name="Appliance"/>. 2: with it.</param>
/// <param name="Sha256">Of the archive, lower-case hex.</param>
/// <param name="Completed">When the agent's completion was taken.</param>
/// <param name="Protection">Hold and lock, once there was one: what older versions of the program pass over.</param>
/// <param name="Keys">What opens the archive; null of one from before that was recorded. Older versions pass over it, too.</param>
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
    UploadSummary Summary,
    SidecarAppliance? Appliance = null,
    SidecarProtection? Protection = null,
    IReadOnlyList<OpeningKey>? Keys = null)
{
    public const int NewestFormat = 2;

    public ArchiveKey Key => new(BackupId, Attempt);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SidecarJson.Default.ArchiveSidecar);

    /// <summary>
    /// Whether that is this sidecar, but for the time of completion: the same call on another connection may have written it over, a moment
    /// later.
    /// </summary>
    public bool SaysTheSameAs(ReadOnlySpan<byte> json)
    {
        try
        {
            return (FromJson(json) with { Completed = Completed }).ToJson().AsSpan().SequenceEqual(ToJson());
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <exception cref="JsonException">It isn't a sidecar, or one of a newer format; the message says what is wrong.</exception>
    public static ArchiveSidecar FromJson(ReadOnlySpan<byte> json)
    {
        var sidecar = JsonSerializer.Deserialize(json, SidecarJson.Default.ArchiveSidecar) ?? throw new JsonException("It is null.");
        return sidecar.Format is < 1 or > NewestFormat
            ? throw new JsonException($"Its format is {sidecar.Format}; this version reads 1 to {NewestFormat}.")
            : sidecar.IsWhole ? sidecar : throw new JsonException("A field is missing, or has a value that can't be.");
    }

    /// <summary>Whether it is one of a format that this version doesn't know: it isn't broken, and isn't to be written over.</summary>
    public static bool IsOfNewerFormat(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, SidecarJson.Default.SidecarFormat)?.Format > NewestFormat;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Whether two sidecars say the same, but for hold and lock.</summary>
    public static bool ProtectionApart(ReadOnlySpan<byte> json, ReadOnlySpan<byte> other)
    {
        try
        {
            return (FromJson(json) with { Protection = null }).ToJson().AsSpan().SequenceEqual((FromJson(other) with { Protection = null }).ToJson());
        }
        catch (JsonException)
        {
            return json.SequenceEqual(other);
        }
    }

    /// <exception cref="JsonException">As <see cref="FromJson"/>.</exception>
    public static int ProtectionVersionOf(ReadOnlySpan<byte> json) => FromJson(json).Protection?.Version ?? 0;

    private bool IsWhole =>
        BackupId != Guid.Empty && ApplianceId != Guid.Empty && Attempt > 0 && Parts > 0 && Size > 0
        && !string.IsNullOrWhiteSpace(ApplianceName) && RequestedBy is not null && Created != default && Completed != default
        && Sha256 is { Length: 64 } && Sha256.All(char.IsAsciiHexDigitLower)
        && Summary?.Sections is not null;
}

/// <summary>What was known of the appliance when its backup ended: what people gave it, not its credential or its condition.</summary>
/// <param name="Functions">In the words of the admin API.</param>
internal sealed record SidecarAppliance(
    string? Hostname,
    Guid? Site,
    string? SiteName,
    string? Notes,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Functions,
    DateTimeOffset Created);

/// <summary>Why the archive isn't to be deleted, as the catalog last knew it.</summary>
/// <param name="Version">How many times it was changed: of a row and a sidecar, the one with the higher number is right.</param>
internal sealed record SidecarProtection(
    int Version,
    string? HeldBy = null,
    string? HoldReason = null,
    DateTimeOffset? HeldSince = null,
    DateTimeOffset? LockedUntil = null,
    string? LockedBy = null);

/// <summary>What every format begins with.</summary>
internal sealed record SidecarFormat(int Format);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(ArchiveSidecar))]
[JsonSerializable(typeof(SidecarFormat))]
internal sealed partial class SidecarJson : JsonSerializerContext;
