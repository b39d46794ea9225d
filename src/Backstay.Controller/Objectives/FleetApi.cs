using System.Text.Json;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Controller.Schedules;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Objectives;

/// <summary>
/// The fleet, worst first. All that match are judged, as only that tells who is worst; what costs more than a look at an index is read for
/// the page alone.
/// </summary>
internal static class FleetApi
{
    private static readonly string[] Orders = ["overdueAt", "name"];

    private static readonly Dictionary<string, ProtectionState> States =
        Enum.GetValues<ProtectionState>().ToDictionary(state => JsonNamingPolicy.CamelCase.ConvertName(state.ToString()));

    public static async Task<Results<Ok<Fleet>, ApiErrorResult>> GetAsync(
        [AsParameters] ListQuery query,
        string? state,
        Caller caller,
        CatalogContext catalog,
        FleetReader reader,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (cut, error) = query.Cut(Orders);
        if (cut is null)
            return error!;
        ProtectionState? wanted = null;
        if (!string.IsNullOrEmpty(state))
        {
            if (!States.TryGetValue(state, out var known))
                return ApiErrors.BadRequest($"state: '{state}' isn't one of {string.Join(", ", States.Keys)}.");
            wanted = known;
        }

        var inScope = catalog.Appliances.InScope(
            caller, PrivilegeTarget.Appliance, PrivilegeType.View, PrivilegeType.CheckStatus, PrivilegeType.Backup);
        var (matching, filters, wrong) = query.Matching(inScope, ApplianceLookup.Shape);
        if (matching is null)
            return wrong!;

        var now = time.GetUtcNow();
        var all = await reader.ReadAsync(matching, now, cancellationToken);
        var shown = wanted is null ? all : all.FindAll(standing => standing.State == wanted);
        if (cut.OrderBy is "name")
            shown = [.. shown.OrderBy(s => s.Appliance.Name, StringComparer.OrdinalIgnoreCase).ThenBy(s => s.Appliance.Id)];
        if (cut.Descending)
            shown.Reverse();

        var page = shown.Skip(cut.First).Take(cut.Count).ToList();
        return TypedResults.Ok(new Fleet(
            await ToWireAsync(page, catalog, now, cancellationToken),
            cut.RangeOf(page.Count, shown.Count),
            cut.OrderBy,
            cut.Descending,
            query.Words,
            shown.Count,
            filters,
            new FleetCounts(Count(ProtectionState.Overdue), Count(ProtectionState.Protected), Count(ProtectionState.NoObjective), Count(ProtectionState.Inactive))));

        int Count(ProtectionState which) => all.Count(standing => standing.State == which);
    }

    private static async Task<IReadOnlyList<FleetMember>> ToWireAsync(
        List<Standing> page, CatalogContext catalog, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ids = page.ConvertAll(standing => standing.Appliance.Id);
        var newest = await catalog.Appliances
            .Where(a => EF.Parameter(ids).Contains(a.Id))
            .Select(a => catalog.Backups
                .Where(b => b.ApplianceId == a.Id && b.State >= BackupState.Succeeded)
                .OrderByDescending(b => b.Created)
                .Select(b => (Guid?)b.Id)
                .FirstOrDefault())
            .Where(id => id != null)
            .ToListAsync(cancellationToken);
        var last = await catalog.Backups
            .Where(b => EF.Parameter(newest).Contains(b.Id))
            .Select(b => new { b.ApplianceId, b.State, b.Reason, b.Ended })
            .ToDictionaryAsync(b => b.ApplianceId, cancellationToken);
        var runs = await NextRunsAsync(ids, catalog, now, cancellationToken);
        return page.ConvertAll(standing =>
        {
            var (appliance, objective) = (standing.Appliance, standing.Objective);
            var ended = last.GetValueOrDefault(appliance.Id);
            return new FleetMember(
                appliance.Id,
                appliance.Name,
                appliance.SiteName,
                appliance.Tags,
                standing.State,
                standing.Reason,
                standing.OverdueAt,
                standing.Good,
                Age(standing.Good),
                objective.GoodWithinHours,
                standing.Proven,
                Age(standing.Proven),
                objective.ProvenWithinHours,
                objective.Names,
                ended is null ? null : ended.State == BackupState.Succeeded ? BackupResult.Success : BackupResult.Failure,
                ended?.Reason,
                ended?.Ended,
                runs.TryGetValue(appliance.Id, out var run) ? run : null);
        });

        long? Age(DateTimeOffset? moment) => moment is { } known ? Math.Max(0, (long)(now - known).TotalSeconds) : null;
    }

    /// <summary>The next run of any schedule that isn't paused, by appliance. A schedule that this machine can't read has none.</summary>
    private static async Task<Dictionary<Guid, DateTimeOffset>> NextRunsAsync(
        List<Guid> ids, CatalogContext catalog, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var schedules = await catalog.BackupSchedules.AsNoTracking().Where(s => !s.Paused).ToListAsync(cancellationToken);
        var rules = schedules.Select(s => (s.Id, Rule: ScheduleRule.TryOf(s))).Where(s => s.Rule is not null).ToDictionary(s => s.Id, s => s.Rule!);
        if (rules.Count == 0)
            return [];

        var members = await catalog.ScheduledAppliances
            .Where(s => EF.Parameter(ids).Contains(s.ApplianceId))
            .Select(s => new { s.ScheduleId, s.ApplianceId })
            .ToListAsync(cancellationToken);
        return members
            .Where(member => rules.ContainsKey(member.ScheduleId))
            .Select(member => (member.ApplianceId, Due: rules[member.ScheduleId].NextDue(member.ApplianceId, now)))
            .Where(run => run.Due is not null)
            .GroupBy(run => run.ApplianceId, run => run.Due!.Value)
            .ToDictionary(runs => runs.Key, runs => runs.Min());
    }
}
