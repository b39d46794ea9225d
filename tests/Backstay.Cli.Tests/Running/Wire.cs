using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http;

namespace Backstay.Cli.Tests.Running;

/// <summary>Records as a controller would send them.</summary>
internal static class Wire
{
    private static readonly DateTimeOffset Time = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static ApplianceStatus Appliance(string name, Guid id, ApplianceHealth status = ApplianceHealth.Healthy) => new(
        id, name, $"{name}.example.com", null, "Berlin", ["production"], status != ApplianceHealth.NotAvailable, status,
        ["LogServer"], 3, 40, 55, "0.1.0", new ApplianceDetails(new DiskDetails(100, 55, 45)), Time);

    public static Backup Running(Guid? id = null, Guid? applianceId = null) => new(
        id ?? Peer.BackupId, applianceId ?? Peer.ApplianceId, "gw-01", BackupStatusWord.Processing, null, null, "collecting", null,
        false, false, null, "admin", Time, Time, null, 1, new BackupProgress(BackupPhase.Collecting, 10, 100, 1000, 10_000),
        null, null, null, null, null, null);

    public static Backup Success(long warnings = 0) => Running() with
    {
        Status = BackupStatusWord.Done,
        Result = BackupResult.Success,
        Progress = null,
        Ended = Time.AddSeconds(5),
        Size = 1_000_000,
        Files = 100,
        Warnings = warnings,
        Sections = [new SectionSummary("config", 100, 2_000_000, warnings)],
        FirstWarnings = [.. Enumerable.Range(1, (int)Math.Min(warnings, 20)).Select(n => $"config: /etc/{n} can't be read.")],
        Verification = VerificationState.Verified,
    };

    public static Backup Failed(FailureReason reason) => Running() with
    {
        Status = BackupStatusWord.Done,
        Result = BackupResult.Failure,
        Reason = reason,
        Progress = null,
        Ended = Time.AddSeconds(5),
        Output = "The agent was not heard of for 60 s.",
    };

    public static VerificationRecord Verification(VerificationRunState state, string? message = null) => new(
        Peer.BackupId, Peer.BackupId, Peer.ApplianceId, "gw-01", VerificationStrength.Content, state, "admin", Time, Time,
        state > VerificationRunState.Running ? Time.AddSeconds(2) : null, 2, 1_000_000, 400_000, 200_000, 100, "controller c1", message);

    public static Drill Drill(DrillState state, string? message = null) => new(
        Peer.BackupId, Peer.BackupId, Peer.ApplianceId, "gw-01", state, Peer.ApplianceId, "drill-01", "admin", Time, Time,
        state > DrillState.Running ? Time.AddSeconds(2) : null, 1, null, message, 100, 1_000_000,
        [new DrillCheck("rows", state is DrillState.Passed, state is DrillState.Passed ? 0 : 3, 1.5, "orders: 12 rows")]);

    public static PagedList<T> Page<T>(IReadOnlyList<T> items) => new(items, $"0-{items.Count - 1}/{items.Count}", "name", false, [], items.Count, []);

    public static async Task WriteAsync(HttpContext http, int status, ApiError error)
    {
        http.Response.StatusCode = status;
        await WriteAsync(http, error, AdminJson.Default.ApiError);
    }

    public static async Task WriteAsync<T>(HttpContext http, T value, JsonTypeInfo<T> form)
    {
        http.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(http.Response.Body, value, form);
    }
}
