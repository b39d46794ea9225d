using System.Collections.Concurrent;
using System.Text.Json;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Backstay.Cli.Tests.Running;

internal sealed partial class Peer
{
    /// <summary>Bodies of POST and PUT, by path.</summary>
    public ConcurrentDictionary<string, JsonElement> Bodies { get; } = [];

    /// <summary>One appliance that was never backed up.</summary>
    private static Fleet Fleet { get; } = new(
        [
            new FleetMember(
                ApplianceId,
                "gw-01",
                null,
                [],
                ProtectionState.Overdue,
                "It has no good backup.",
                TimeProvider.System.GetUtcNow(),
                null,
                null,
                48,
                null,
                null,
                null,
                ["Default"],
                null,
                null,
                null,
                null),
        ],
        "0-0/1",
        "overdueAt",
        false,
        [],
        1,
        [],
        new FleetCounts(1, 0, 0, 0));

    /// <summary>The one verification that there is.</summary>
    public VerificationRecord Verification { get; set; } = Wire.Verification(VerificationRunState.Running);

    /// <summary>The one drill that there is.</summary>
    public Drill Drill { get; set; } = Wire.Drill(DrillState.Running);

    private void Map(WebApplication app)
    {
        var admin = app.MapGroup("/admin");
        admin.MapGet("/version", http => Wire.WriteAsync(http, new VersionInfo(23, 17, "0.1.0"), AdminJson.Default.VersionInfo));
        admin.MapPost("/login", LoginAsync);
        admin.MapPost("/logout", http => Empty(http, StatusCodes.Status204NoContent));
        admin.MapGet("/appliances/status", http =>
            Wire.WriteAsync(http, Wire.Page(Appliances), AdminJson.Default.PagedListApplianceStatus));
        admin.MapPost("/appliances", async http =>
        {
            var body = await BodyAsync(http);
            var added = body.Deserialize(AdminJson.Default.Appliance)! with { Id = ApplianceId };
            await Wire.WriteAsync(http, added, AdminJson.Default.Appliance);
        });
        admin.MapDelete("/appliances/{id:guid}", http => Empty(http, StatusCodes.Status204NoContent));
        admin.MapPost("/appliances/{id:guid}/export", http => Wire.WriteAsync(http, Seed, AdminJson.Default.Seed));
        admin.MapPost("/appliances/{id:guid}/backup", async http =>
        {
            await BodyAsync(http);
            if (StartRefusal is { } refusal)
            {
                await Wire.WriteAsync(http, refusal.Status, refusal.Error);
                return;
            }

            http.Response.StatusCode = StatusCodes.Status202Accepted;
            await Wire.WriteAsync(http, new BackupAccepted(BackupId), AdminJson.Default.BackupAccepted);
        });
        admin.MapGet("/appliances/{id:guid}/backups", http => Wire.WriteAsync(http, Wire.Page(Backups), AdminJson.Default.PagedListBackup));
        admin.MapGet("/backups", http => Wire.WriteAsync(http, Wire.Page(Backups), AdminJson.Default.PagedListBackup));
        admin.MapMethods("/appliances/{id:guid}/backup/{backupId:guid}", ["GET", "HEAD"], http => ArchiveOf(http).AnswerAsync(http));
        admin.MapDelete("/appliances/{id:guid}/backup/{backupId:guid}", http => Empty(http, StatusCodes.Status202Accepted));
        admin.MapPut("/appliances/{id:guid}/backup/{backupId:guid}/hold", async http =>
        {
            var hold = (await BodyAsync(http)).Deserialize(AdminJson.Default.HoldRequest)!;
            var held = Backups[0] with { Hold = new BackupHold("anna", hold.Reason!, TimeProvider.System.GetUtcNow()) };
            await Wire.WriteAsync(http, held, AdminJson.Default.Backup);
        });
        admin.MapPost("/appliances/{id:guid}/backup/{backupId:guid}/verify", async http =>
        {
            await BodyAsync(http);
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            await Wire.WriteAsync(http, new VerificationAccepted(Verification.Id), AdminJson.Default.VerificationAccepted);
        });
        admin.MapPost("/appliances/{id:guid}/backup/{backupId:guid}/verifications", async http =>
        {
            var report = (await BodyAsync(http)).Deserialize(AdminJson.Default.VerificationReport)!;
            await Wire.WriteAsync(http, Wire.Verification(report.State!.Value, report.Message) with { By = "user admin" }, AdminJson.Default.VerificationRecord);
        });
        admin.MapGet("/verifications", http =>
            Wire.WriteAsync(http, Wire.Page([Verification]), AdminJson.Default.PagedListVerificationRecord));
        admin.MapGet("/verifications/{id:guid}", http => Wire.WriteAsync(http, Verification, AdminJson.Default.VerificationRecord));
        admin.MapPost("/appliances/{id:guid}/backup/{backupId:guid}/drill", http =>
        {
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            return Wire.WriteAsync(http, Drill, AdminJson.Default.Drill);
        });
        admin.MapGet("/drills", http => Wire.WriteAsync(http, Wire.Page([Drill]), AdminJson.Default.PagedListDrill));
        admin.MapGet("/drills/{id:guid}", http => Wire.WriteAsync(http, Drill, AdminJson.Default.Drill));
        admin.MapDelete("/drills/{id:guid}", http =>
        {
            Drill = Wire.Drill(DrillState.Cancelled, "Cancelled by admin.");
            return Empty(http, StatusCodes.Status204NoContent);
        });
        admin.MapPut("/drill-machines/{id:guid}", async http =>
        {
            var machine = (await BodyAsync(http)).Deserialize(AdminJson.Default.DrillMachine)!;
            var kept = machine with { ApplianceId = ApplianceId, Name = "gw-01", InForce = true, Online = true, MadeBy = "admin" };
            await Wire.WriteAsync(http, kept, AdminJson.Default.DrillMachine);
        });
        admin.MapDelete("/appliances/{id:guid}/backup/{backupId:guid}/hold", http => Empty(http, StatusCodes.Status204NoContent));
        admin.MapPut("/appliances/{id:guid}/backup/{backupId:guid}/lock", async http =>
        {
            var wish = (await BodyAsync(http)).Deserialize(AdminJson.Default.LockRequest)!;
            await Wire.WriteAsync(http, Backups[0] with { Lock = new BackupLock(wish.Until!.Value, "anna") }, AdminJson.Default.Backup);
        });
        admin.MapGet("/fleet", http => Wire.WriteAsync(http, Fleet, AdminJson.Default.Fleet));
        admin.MapPut("/global-settings", async http =>
        {
            var body = await BodyAsync(http);
            var settings = body.Deserialize(AdminJson.Default.GlobalSettings)! with { BackupPassphrase = null };
            await Wire.WriteAsync(http, settings, AdminJson.Default.GlobalSettings);
        });
    }

    public static Seed Seed { get; } = new(
        1, ApplianceId, "gw-01", ["https://127.0.0.1:8443"], "one-time", new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero), ["pin"]);

    private PeerArchive ArchiveOf(HttpContext http) =>
        Archives.GetValueOrDefault(Guid.Parse((string)http.Request.RouteValues["backupId"]!), Archive);

    private async Task LoginAsync(HttpContext http)
    {
        var request = (await BodyAsync(http)).Deserialize(AdminJson.Default.LoginRequest)!;
        if (request.Password != Password)
        {
            await Wire.WriteAsync(http, 401, new ApiError(ErrorIds.InvalidCredentials, "Username or password is wrong."));
            return;
        }

        var user = new SignedInUser(request.Username!, false, true, []);
        var expires = TimeProvider.System.GetUtcNow().AddHours(12);
        await Wire.WriteAsync(http, new LoginResponse(Token, expires, user, "Mind the gap."), AdminJson.Default.LoginResponse);
    }

    private async Task<JsonElement> BodyAsync(HttpContext http)
    {
        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        return Bodies[http.Request.Path] = body.RootElement.Clone();
    }

    private static Task Empty(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
