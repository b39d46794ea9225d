using System.Text.Json;
using System.Text.Json.Serialization;
using Backstay.Protocol.Agent;

namespace Backstay.Protocol.Admin;

/// <summary>How the admin API is written: camelCase, nulls left out, every type known ahead of time (Native AOT).</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(ApiError))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(LoginResponse))]
[JsonSerializable(typeof(IdentityProviderNames))]
[JsonSerializable(typeof(VersionInfo))]
[JsonSerializable(typeof(LocalUser))]
[JsonSerializable(typeof(AdministrativeRole))]
[JsonSerializable(typeof(Appliance))]
[JsonSerializable(typeof(BackupRequest))]
[JsonSerializable(typeof(BackupAccepted))]
[JsonSerializable(typeof(BackupStatus))]
[JsonSerializable(typeof(Backup))]
[JsonSerializable(typeof(GlobalSettings))]
[JsonSerializable(typeof(Delivery))]
[JsonSerializable(typeof(BackupNotification))]
[JsonSerializable(typeof(WebhookSecret))]
[JsonSerializable(typeof(Seed))]
[JsonSerializable(typeof(List<Privilege>))]
[JsonSerializable(typeof(ApplianceSelection))]
[JsonSerializable(typeof(BackupSchedule))]
[JsonSerializable(typeof(UpcomingRuns))]
[JsonSerializable(typeof(UpcomingRun))]
[JsonSerializable(typeof(RunAccepted))]
[JsonSerializable(typeof(ScheduledAppliance))]
[JsonSerializable(typeof(RetentionPolicy))]
[JsonSerializable(typeof(RetentionPreviewRequest))]
[JsonSerializable(typeof(RetentionClockState))]
[JsonSerializable(typeof(ClockConfirmation))]
[JsonSerializable(typeof(HoldRequest))]
[JsonSerializable(typeof(LockRequest))]
[JsonSerializable(typeof(DrillMachine))]
[JsonSerializable(typeof(Drill))]
[JsonSerializable(typeof(List<DrillCheck>))]
[JsonSerializable(typeof(PagedList<DrillMachine>))]
[JsonSerializable(typeof(PagedList<Drill>))]
[JsonSerializable(typeof(PagedList<RetentionPolicy>))]
[JsonSerializable(typeof(PagedList<RetentionPreview>))]
[JsonSerializable(typeof(PagedList<Appliance>))]
[JsonSerializable(typeof(PagedList<ApplianceStatus>))]
[JsonSerializable(typeof(PagedList<Backup>))]
[JsonSerializable(typeof(PagedList<LocalUser>))]
[JsonSerializable(typeof(PagedList<AdministrativeRole>))]
[JsonSerializable(typeof(PagedList<AuditEntry>))]
[JsonSerializable(typeof(PagedList<Delivery>))]
[JsonSerializable(typeof(PagedList<BackupSchedule>))]
[JsonSerializable(typeof(PagedList<ScheduledAppliance>))]
public sealed partial class AdminJson : JsonSerializerContext;
