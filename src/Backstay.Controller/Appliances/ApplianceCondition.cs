using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Appliances;

/// <summary>What <c>/appliances/status</c> says: the word that clients decide by, and the last that the agent reported.</summary>
internal sealed class ApplianceCondition(CatalogContext catalog, TimeProvider time)
{
    /// <summary>Any of these is enough to see it.</summary>
    public static readonly PrivilegeType[] Readers = [PrivilegeType.View, PrivilegeType.CheckStatus, PrivilegeType.Backup];

    /// <summary>Percent of the disk in use from which on the word is <c>warning</c>.</summary>
    public const double DiskWarning = 90;

    /// <summary>Percent of the disk in use from which on the word is <c>error</c>.</summary>
    public const double DiskError = 97;

    public async Task<(PagedList<ApplianceStatus>? List, ApiErrorResult? Error)> PageAsync(
        ListQuery query, Caller caller, CancellationToken cancellationToken)
    {
        var appliances = catalog.Appliances.AsNoTracking()
            .InScope(caller, PrivilegeTarget.Appliance, Readers);
        var (page, error) = await query.PageAsync(appliances, ApplianceLookup.Shape, appliance => appliance, cancellationToken);
        if (page is null)
        {
            return (null, error);
        }

        // Two queries for the page, not two for each of its appliances.
        var busy = await catalog.Backups
            .Where(backup => backup.State < BackupState.Succeeded)
            .Select(backup => backup.ApplianceId)
            .ToHashSetAsync(cancellationToken);
        var failed = await catalog.Backups
            .Where(backup => backup.State == BackupState.Failed && !catalog.Backups.Any(later =>
                later.ApplianceId == backup.ApplianceId && later.Created > backup.Created && later.State >= BackupState.Succeeded))
            .Select(backup => backup.ApplianceId)
            .ToHashSetAsync(cancellationToken);

        var now = time.GetUtcNow();
        return (
            new PagedList<ApplianceStatus>(
                [.. page.Data.Select(a => ToWire(a, Judge(a, now, busy.Contains(a.Id), failed.Contains(a.Id))))],
                page.Range,
                page.OrderBy,
                page.Descending,
                page.Queries,
                page.TotalCount,
                page.FilterBy),
            null);
    }

    internal static ApplianceHealth Judge(ApplianceEntity appliance, DateTimeOffset now, bool busy, bool lastFailed) => appliance switch
    {
        { Activated: false } => ApplianceHealth.NotAvailable,
        _ when appliance.OnlineUntil is null || appliance.OnlineUntil <= now => ApplianceHealth.Offline,
        _ when busy => ApplianceHealth.Busy,
        _ when DiskPercent(appliance) >= DiskError => ApplianceHealth.Error,
        _ when DiskPercent(appliance) >= DiskWarning || lastFailed => ApplianceHealth.Warning,
        _ => ApplianceHealth.Healthy,
    };

    private static double? DiskPercent(ApplianceEntity appliance) => appliance is { DiskTotal: > 0, DiskFree: not null }
        ? Percent(100.0 * (appliance.DiskTotal - appliance.DiskFree) / appliance.DiskTotal)
        : null;

    /// <summary>With one decimal, and within 0 to 100 whatever an agent reported.</summary>
    private static double? Percent(double? value) => value is { } number ? Math.Clamp(Math.Round(number, 1), 0, 100) : null;

    private static ApplianceStatus ToWire(ApplianceEntity appliance, ApplianceHealth health) => new(
        appliance.Id,
        appliance.Name,
        appliance.Hostname,
        appliance.Site,
        appliance.SiteName,
        appliance.Tags,
        appliance.Activated,
        health,
        ApplianceRoles.WordsOf(appliance.Functions),
        Percent(appliance.Cpu),
        Percent(appliance.Memory),
        DiskPercent(appliance),
        appliance.AgentVersion,
        new ApplianceDetails(appliance is { DiskTotal: { } total, DiskFree: { } free } ? new DiskDetails(total, total - free, free) : null),
        appliance.LastSeen);
}
