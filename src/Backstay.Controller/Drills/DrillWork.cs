using System.Globalization;
using System.Text.Json;
using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Backups;
using Backstay.Controller.Backups.Uploads;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Drills;

/// <summary>The drill machine's side: it asks for a drill, reads that one's archive, keeps its lease and says how it went.</summary>
internal static class DrillWork
{
    /// <summary>
    /// An answer has at most so many bytes of an archive, whatever was asked for: the right to read is judged with each, so this is how much
    /// is read after it has ended.
    /// </summary>
    public const int MaxChunk = 16 * 1024 * 1024;

    private const int MaxMessage = 500;

    public static async Task<Results<Ok<DrillOffer>, ApiErrorResult>> ClaimAsync(
        AgentCaller agent, CatalogContext catalog, DrillClaims claims, DrillQueue queue, IOptions<DrillOptions> options,
        CancellationToken cancellationToken)
    {
        if (await claims.MachineAsync(agent, cancellationToken) is not { } machine)
            return DrillClaims.NotAMachine();

        var drill = await queue.TakeAsync(machine, cancellationToken);
        var assignment = drill is null ? null : await AssignmentAsync(drill, catalog, options.Value, cancellationToken);
        return TypedResults.Ok(new DrillOffer(assignment, (int)options.Value.AskInterval.TotalSeconds));
    }

    public static async Task<Results<ArchiveBytes, ApiErrorResult>> ReadAsync(
        Guid id, int attempt, AgentCaller agent, HttpRequest request, HttpResponse response, CatalogContext catalog, DrillClaims claims,
        IArchiveStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var (held, refusal) = await claims.FindAsync(id, attempt, agent, cancellationToken);
        if (held is null)
            return refusal!;
        if (held.Drill.State != DrillState.Running)
            return DrillClaims.Over(attempt);
        if (held.Drill.LeaseUntil <= time.GetUtcNow())
            return ApiErrors.Unavailable(ErrorIds.ServiceUnavailable, "The drill's lease has run out. Renew it, then read on.", UploadAttempt.RetryAfter);

        var backup = await BackupAsync(catalog, held.Drill, cancellationToken);
        if (backup is null)
            return DrillClaims.Over(attempt);

        var key = new ArchiveKey(backup.Id, backup.Attempt);
        long? stored;
        try
        {
            stored = await store.GetLengthAsync(key, cancellationToken);
        }
        catch (ArchiveStoreException)
        {
            return UploadAttempt.StoreUnavailable();
        }

        if (stored != backup.Size)
        {
            return ApiErrors.Conflict(
                ErrorIds.ArchiveMissing, stored is null ? "The archive is not in the store." : $"Of the archive's {backup.Size} bytes {stored} are stored.");
        }

        var size = backup.Size!.Value;
        if (ByteRanges.Parse(request.Headers.Range.ToString(), size) is not { Ranges: [var range, ..] })
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{size}");
            return new ApiErrorResult(
                StatusCodes.Status416RangeNotSatisfiable,
                new(ErrorIds.RangeNotSatisfiable, $"Ask for a range within the {size} bytes of the archive."));
        }

        // RFC 9110, section 15.3.7: a server may answer with less than the range that was asked for.
        return new ArchiveBytes(store, key, size, [new ByteRange(range.First, Math.Min(range.Last, range.First + MaxChunk - 1))]);
    }

    public static async Task<Results<NoContent, ApiErrorResult>> RenewAsync(
        Guid id, int attempt, AgentCaller agent, HttpRequest request, CatalogContext catalog, DrillClaims claims, WriteGate gate,
        IOptions<DrillOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        var (lease, unreadable) = await RequestBody.ReadAsync(request, AgentJson.Default.DrillLease, cancellationToken);
        if (lease is null)
            return unreadable!;

        var (held, refusal) = await claims.FindAsync(id, attempt, agent, cancellationToken);
        if (held is null)
            return refusal!;
        if (await BackupAsync(catalog, held.Drill, cancellationToken) is null)
            return DrillClaims.Over(attempt);

        var (until, message) = (time.GetUtcNow() + options.Value.Lease, AgentText.Line(lease.Message, MaxMessage));
        using (await gate.EnterAsync(cancellationToken))
        {
            // Also one that has run out, as long as nobody else has taken the drill: the controllers may have been away, too.
            var renewed = await catalog.Drills
                .Where(d => d.Id == id && d.Attempt == attempt && d.State == DrillState.Running)
                .ExecuteUpdateAsync(set => set.SetProperty(d => d.LeaseUntil, until).SetProperty(d => d.Message, message), cancellationToken);
            return renewed == 1 ? TypedResults.NoContent() : DrillClaims.Over(attempt);
        }
    }

    public static async Task<Results<NoContent, ApiErrorResult>> ReportAsync(
        Guid id, int attempt, AgentCaller agent, HttpRequest request, DrillClaims claims, DrillEnding ending, CancellationToken cancellationToken)
    {
        var (report, unreadable) = await RequestBody.ReadAsync(request, AgentJson.Default.DrillReport, cancellationToken);
        if (report is null)
            return unreadable!;
        if (report.Checks is null || report.Checks.Count > DrillEnding.MaxChecks || report.Files < 0 || report.Bytes < 0)
            return ApiErrors.BadRequest($"checks: a list of at most {DrillEnding.MaxChecks}; files, bytes: from 0 on.");

        var (held, refusal) = await claims.FindAsync(id, attempt, agent, cancellationToken);
        if (held is null)
            return refusal!;
        return await ending.EndAsync(held, agent.Name, report, cancellationToken) ? TypedResults.NoContent() : DrillClaims.Over(attempt);
    }

    private static Task<BackupEntity?> BackupAsync(CatalogContext catalog, DrillEntity drill, CancellationToken cancellationToken) =>
        catalog.Backups.AsNoTracking().SingleOrDefaultAsync(
            b => b.Id == drill.BackupId && b.State == BackupState.Succeeded && b.Deleted == null, cancellationToken);

    /// <summary>Null: the backup was deleted since; the sweep ends the drill.</summary>
    private static async Task<DrillAssignment?> AssignmentAsync(
        DrillEntity drill, CatalogContext catalog, DrillOptions options, CancellationToken cancellationToken)
    {
        var backup = await BackupAsync(catalog, drill, cancellationToken);
        var appliance = await catalog.Appliances.AsNoTracking().SingleOrDefaultAsync(a => a.Id == drill.ApplianceId, cancellationToken);
        if (backup is null || appliance is null)
            return null;

        var summary = backup.Summary is null ? null : JsonSerializer.Deserialize(backup.Summary, AgentJson.Default.UploadSummary);
        return new DrillAssignment(
            drill.Id,
            drill.Attempt,
            backup.Id,
            backup.Created,
            appliance.Id,
            appliance.Name,
            appliance.Tags,
            ApplianceRoles.WordsOf(appliance.Functions),
            backup.Size!.Value,
            summary?.Bytes,
            (int)options.Lease.TotalSeconds);
    }
}
