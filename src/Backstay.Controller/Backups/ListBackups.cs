using System.Linq.Expressions;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups;

/// <summary>The lists of backups. Both show only appliances within the caller's scope.</summary>
internal static class ListBackups
{
    private static readonly Dictionary<string, Expression<Func<Listed, object?>>> Orders = new()
    {
        ["created"] = l => l.Backup.Created,
        ["started"] = l => l.Backup.Started,
        ["ended"] = l => l.Backup.Ended,
        ["applianceName"] = l => l.ApplianceName,
        ["size"] = l => l.Backup.Size,
        ["status"] = l => l.Backup.State,
    };

    public static async Task<Results<Ok<PagedList<Backup>>, ApiErrorResult>> OfApplianceAsync(
        string id, [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, BackupAccess access,
        CancellationToken cancellationToken)
    {
        var (appliance, refusal) = await access.ApplianceAsync(id, caller, cancellationToken);
        return appliance is null
            ? refusal!
            : await PageAsync(query, Rows(catalog).Where(l => l.Backup.ApplianceId == appliance.Id), cancellationToken);
    }

    public static async Task<Results<Ok<PagedList<Backup>>, ApiErrorResult>> OfAllAsync(
        [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var rows = Rows(catalog);
        if (!caller.MayAll(PrivilegeType.Backup, PrivilegeTarget.Appliance))
        {
            var appliances = await catalog.Appliances.AsNoTracking().Select(a => new { a.Id, a.Tags }).ToListAsync(cancellationToken);
            var within = appliances
                .Where(a => caller.May(PrivilegeType.Backup, PrivilegeTarget.Appliance, a.Id, a.Tags))
                .Select(a => a.Id)
                .ToList();
            rows = rows.Where(l => EF.Parameter(within).Contains(l.Backup.ApplianceId));
        }

        return await PageAsync(query, rows, cancellationToken);
    }

    private static IQueryable<Listed> Rows(CatalogContext catalog) =>
        from backup in catalog.Backups.AsNoTracking()
        join appliance in catalog.Appliances on backup.ApplianceId equals appliance.Id
        where backup.Deleted == null
        select new Listed { Backup = backup, ApplianceName = appliance.Name };

    private static async Task<Results<Ok<PagedList<Backup>>, ApiErrorResult>> PageAsync(
        ListQuery query, IQueryable<Listed> rows, CancellationToken cancellationToken)
    {
        foreach (var word in query.Words)
        {
            var id = Guid.TryParse(word, out var parsed) ? parsed : Guid.Empty;
            rows = rows.Where(l =>
                EF.Functions.Like(l.ApplianceName, Pattern(word), "\\")
                || EF.Functions.Like(l.Backup.RequestedBy, Pattern(word), "\\")
                || EF.Functions.Like(l.Backup.Message!, Pattern(word), "\\")
                || l.Backup.Id == id);
        }

        foreach (var condition in query.FilterBy ?? [])
        {
            if (BackupFilter.Parse(condition) is not { } filter)
                return ApiErrors.BadRequest($"filterBy: '{condition}' isn't one of {BackupFilter.Forms}.");
            rows = rows.Where(filter);
        }

        // Newest first, unless another order is asked for.
        var ordered = query.OrderBy is null or "" && string.IsNullOrEmpty(query.Descending) ? query with { Descending = "true" } : query;
        var (list, refusal) = await ordered.PageAsync(rows, Orders, ToWire, cancellationToken);
        return list is null ? refusal! : TypedResults.Ok(list);
    }

    private static string Pattern(string word) =>
        $"%{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";

    private static Backup ToWire(Listed listed)
    {
        var backup = listed.Backup;
        var unfinished = backup.State < BackupState.Succeeded;
        return new Backup(
            backup.Id,
            backup.ApplianceId,
            listed.ApplianceName,
            unfinished ? BackupStatusWord.Processing : BackupStatusWord.Done,
            unfinished ? null : backup.State == BackupState.Succeeded ? BackupResult.Success : BackupResult.Failure,
            backup.Reason,
            backup.Message,
            backup.Output,
            backup.Logs,
            backup.Audit,
            backup.NotifyUrl,
            backup.RequestedBy,
            backup.Created,
            backup.Started,
            backup.Ended,
            backup.Attempt,
            unfinished ? new BackupProgress(backup.Phase, backup.Files, backup.FilesTotal, backup.Bytes, backup.BytesTotal) : null,
            backup.Size,
            backup.Sha256 is null ? null : Convert.ToHexStringLower(backup.Sha256),
            backup.ArchiveFiles,
            backup.Warnings,
            backup.Verification,
            backup.Verified);
    }
}

/// <summary>A row of the lists.</summary>
internal sealed class Listed
{
    public required BackupEntity Backup { get; init; }

    public required string ApplianceName { get; init; }
}
