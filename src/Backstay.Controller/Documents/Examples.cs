using System.Text.Json;
using System.Text.Json.Nodes;
using Backstay.Controller.Api;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Documents;

/// <summary>Examples for the document, made of the records that are really read and sent: they can't be out of date.</summary>
internal static class Examples
{
    private static readonly Guid SomeId = new("0b6b7a54-3c0e-4c8e-9d3f-5f1a1f6f2a10");

    private static readonly RetentionPolicy SomePolicy = new(
        null,
        "Production",
        Appliances: new ApplianceSelection(Tags: ["production"]),
        KeepLast: 3,
        KeepDaily: 14,
        KeepWeekly: 8,
        KeepMonthly: 12,
        MaxAgeDays: 400,
        TimeZone: "Europe/Berlin");

    public static JsonNode? Of(Type body) => body.Name switch
    {
        nameof(LoginRequest) => JsonSerializer.SerializeToNode(
            new LoginRequest("local", "admin", "correct horse battery staple", SomeId), AdminJson.Default.LoginRequest),
        nameof(Appliance) => JsonSerializer.SerializeToNode(
            new Appliance(
                null, "gateway-berlin", "gateway.berlin.example.com", SiteName: "Berlin", Tags: ["production"], Gateway: new ApplianceRole(true)),
            AdminJson.Default.Appliance),
        nameof(LocalUser) => JsonSerializer.SerializeToNode(
            new LocalUser(null, "olivia", "Olivia", "Ops", Password: "correct horse battery staple", Roles: [SomeId]), AdminJson.Default.LocalUser),
        nameof(AdministrativeRole) => JsonSerializer.SerializeToNode(
            new AdministrativeRole(
                null,
                "Backup operator",
                Privileges:
                [
                    new Privilege(PrivilegeType.View, PrivilegeTarget.Appliance),
                    new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, Tags: ["production"])),
                ]),
            AdminJson.Default.AdministrativeRole),
        nameof(GlobalSettings) => JsonSerializer.SerializeToNode(
            new GlobalSettings(BackupApiEnabled: true, BackupPassphrase: "correct horse battery staple"), AdminJson.Default.GlobalSettings),
        nameof(BackupKeyImport) => JsonSerializer.SerializeToNode(
            new BackupKeyImport("-----BEGIN PGP PUBLIC KEY BLOCK-----\n…\n-----END PGP PUBLIC KEY BLOCK-----\n", "Operations, safe 2"),
            AdminJson.Default.BackupKeyImport),
        nameof(FingerprintConfirmation) => JsonSerializer.SerializeToNode(
            new FingerprintConfirmation("6E1F 3C2A 9B04 77D1 52AF  0C88 41D7 E3B5 9A60 12FE"), AdminJson.Default.FingerprintConfirmation),
        nameof(PassphraseRotation) => JsonSerializer.SerializeToNode(
            new PassphraseRotation("correct horse battery staple", "Spring 2027"), AdminJson.Default.PassphraseRotation),
        nameof(ArchiveHead) => JsonSerializer.SerializeToNode(new ArchiveHead("wy4ECQMI…"), AdminJson.Default.ArchiveHead),
        nameof(BackupRequest) => JsonSerializer.SerializeToNode(
            new BackupRequest(Logs: true, Audit: false, NotifyUrl: "https://hooks.example.com/backstay"), AdminJson.Default.BackupRequest),
        nameof(BackupSchedule) => JsonSerializer.SerializeToNode(
            new BackupSchedule(
                null,
                "nightly",
                "0 2 * * *",
                "Europe/Berlin",
                new ApplianceSelection(Tags: ["production"], Functions: ["LogServer"]),
                Logs: true,
                SpreadMinutes: 60,
                WindowMinutes: 240),
            AdminJson.Default.BackupSchedule),
        nameof(RetentionPolicy) => JsonSerializer.SerializeToNode(SomePolicy, AdminJson.Default.RetentionPolicy),
        nameof(RetentionPreviewRequest) => JsonSerializer.SerializeToNode(
            new RetentionPreviewRequest(SomePolicy), AdminJson.Default.RetentionPreviewRequest),
        nameof(BackupObjective) => JsonSerializer.SerializeToNode(
            new BackupObjective(
                null, "Production", Appliances: new ApplianceSelection(Tags: ["production"]), GoodWithinHours: 26, ProvenWithinHours: 24 * 30),
            AdminJson.Default.BackupObjective),
        nameof(EventEndpoint) => JsonSerializer.SerializeToNode(
            new EventEndpoint(
                null, "Pager", "https://hooks.example.com/backstay", [EventKind.BackupOverdue, EventKind.BackupRecovered, EventKind.BackupDamaged]),
            AdminJson.Default.EventEndpoint),
        nameof(ClockConfirmation) => JsonSerializer.SerializeToNode(
            new ClockConfirmation(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)), AdminJson.Default.ClockConfirmation),
        nameof(DrillMachine) => JsonSerializer.SerializeToNode(
            new DrillMachine(Appliances: new ApplianceSelection(Tags: ["production"]), EveryDays: 30), AdminJson.Default.DrillMachine),
        nameof(HoldRequest) => JsonSerializer.SerializeToNode(new HoldRequest("Evidence in case 4711"), AdminJson.Default.HoldRequest),
        nameof(VerifyRequest) => JsonSerializer.SerializeToNode(new VerifyRequest(VerificationStrength.Content), AdminJson.Default.VerifyRequest),
        nameof(VerificationReport) => JsonSerializer.SerializeToNode(
            new VerificationReport(VerificationRunState.Passed, new string('0', 64), 12.5, 4711), AdminJson.Default.VerificationReport),
        nameof(LockRequest) => JsonSerializer.SerializeToNode(
            new LockRequest(new DateTimeOffset(2027, 1, 31, 0, 0, 0, TimeSpan.Zero)), AdminJson.Default.LockRequest),
        _ => null,
    };

    public static ApiError Of(int status) => (status switch
    {
        StatusCodes.Status400BadRequest => ApiErrors.BadRequest("The body isn't the JSON that this call takes at $.name (line 1): broken, or of a wrong type."),
        StatusCodes.Status401Unauthorized => ApiErrors.Unauthorized(),
        StatusCodes.Status403Forbidden => ApiErrors.Forbidden("Edit on Appliance"),
        StatusCodes.Status404NotFound => ApiErrors.NotFound("appliance"),
        StatusCodes.Status406NotAcceptable => ApiErrors.NotAcceptable(AcceptKinds.Json),
        StatusCodes.Status409Conflict => ApiErrors.Conflict(ErrorIds.Conflict, "Another appliance has that name or id already. Choose another."),
        StatusCodes.Status410Gone => ApiErrors.Gone("That backup failed: there is nothing to download."),
        StatusCodes.Status412PreconditionFailed =>
            ApiErrors.PreconditionFailed(ErrorIds.ApplianceOffline, "The appliance is offline. Check that its agent runs."),
        StatusCodes.Status422UnprocessableEntity => ApiErrors.Unprocessable([new FieldError("name", "is required")]),
        StatusCodes.Status429TooManyRequests =>
            ApiErrors.TooManyRequests("Too many failed sign-ins. Wait as long as Retry-After says.", TimeSpan.FromSeconds(6)),
        StatusCodes.Status500InternalServerError => ApiErrors.Internal("4bf92f3577b34da6a3ce929d0e0e4736"),
        StatusCodes.Status503ServiceUnavailable => ApiErrors.CatalogUnavailable(),
        _ => ApiErrors.ForStatus(status),
    }).Value;
}
