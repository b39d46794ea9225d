using System.Globalization;
using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Schedules;

/// <summary>
/// Looks at what is due, has <see cref="ScheduleRule"/> decide, and writes the decision down; where that is to begin a backup, both commit
/// together. Every controller does this: the row of a run changes once, and what the others decided goes with it.
/// </summary>
internal sealed partial class ScheduleRunner(
    IServiceScopeFactory scopes, WriteGate gate, IOptions<ScheduleOptions> options, TimeProvider time, ILogger<ScheduleRunner> logger)
{
    /// <summary>Who asked for the backups of a schedule.</summary>
    public static string NameOf(BackupScheduleEntity schedule) => $"schedule {schedule.Name}";

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var schedules = await catalog.BackupSchedules.AsNoTracking().ToListAsync(cancellationToken);
        var rules = new Dictionary<Guid, (BackupScheduleEntity Schedule, ScheduleRule Rule)>();
        foreach (var schedule in schedules)
        {
            if (await scope.ServiceProvider.GetRequiredService<ScheduleRules>().OfAsync(schedule, cancellationToken) is not { } rule)
                continue;
            rules.Add(schedule.Id, (schedule, rule));
            await FollowSelectionAsync(schedule, rule, cancellationToken);
        }

        if (rules.Count == 0)
            return;

        var now = time.GetUtcNow();
        await scope.ServiceProvider.GetRequiredService<ScheduleMembers>().FollowClockAsync(now, cancellationToken);
        var candidates = await CandidatesAsync(catalog, [.. rules.Values.Select(r => r.Schedule)], now, cancellationToken);
        if (candidates.Count == 0)
            return;

        var refusal = await scope.ServiceProvider.GetRequiredService<StartBackup>().ServiceRefusalAsync(cancellationToken);
        var quiet = new List<ScheduledApplianceEntity>();
        foreach (var candidate in candidates)
        {
            var (schedule, rule) = rules[candidate.Scheduled.ScheduleId];
            try
            {
                if (!await DecideAsync(schedule, rule, candidate, refusal?.Value.Message, now, cancellationToken))
                    quiet.Add(candidate.Scheduled);
            }
            catch (Exception exception) when (exception is not OperationCanceledException && !CatalogErrors.IsOutage(exception))
            {
                // The others are due, too. This one is decided with the next look.
                Log.NotDecided(logger, schedule.Name, candidate.Appliance.Name, exception);
            }
        }

        await PostponeAsync(quiet, rules.ToDictionary(r => r.Key, r => r.Value.Rule), now, cancellationToken);
    }

    private async Task FollowSelectionAsync(BackupScheduleEntity schedule, ScheduleRule rule, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<ScheduleMembers>();
        await members.LeaveAsync(schedule, cancellationToken);

        // They joined since the last look.
        var looked = time.GetUtcNow() - options.Value.LookInterval;
        try
        {
            if (await members.JoinAsync(schedule, rule, schedule.Updated > looked ? schedule.Updated : looked, cancellationToken) > 0)
                await scope.ServiceProvider.GetRequiredService<CatalogContext>().SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException exception) when (exception.IsTaken() || CatalogErrors.BreaksReference(exception))
        {
            // Another controller has let them in, or the schedule or one of them is gone. The next look sees.
        }
    }

    private static async Task<List<Candidate>> CandidatesAsync(
        CatalogContext catalog, IReadOnlyCollection<BackupScheduleEntity> schedules, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var known = schedules.Select(s => s.Id).ToList();
        var running = schedules.Where(s => !s.Paused).Select(s => s.Id).ToList();
        var rows = await catalog.ScheduledAppliances.AsNoTracking()
            .Join(catalog.Appliances.AsNoTracking(), s => s.ApplianceId, a => a.Id, (s, a) => new { Scheduled = s, Appliance = a })
            .Where(row => known.Contains(row.Scheduled.ScheduleId)
                && ((row.Scheduled.NextLook <= now && running.Contains(row.Scheduled.ScheduleId))
                    || (row.Scheduled.State == ScheduledRunState.Waiting
                        && (row.Scheduled.WindowUntil < now || row.Appliance.OnlineUntil > now))))
            .OrderBy(row => row.Scheduled.NextLook)
            .ToListAsync(cancellationToken);
        if (rows.Count == 0)
            return [];

        var unfinished = await catalog.Backups
            .Where(b => b.State < BackupState.Succeeded)
            .Select(b => new { b.ApplianceId, Backup = new Unfinished(b.Id, b.Logs, b.Audit) })
            .ToDictionaryAsync(b => b.ApplianceId, b => b.Backup, cancellationToken);
        return [.. rows.Select(row => new Candidate(row.Scheduled, row.Appliance, unfinished.GetValueOrDefault(row.Appliance.Id)))];
    }

    /// <summary>False: there is nothing to do.</summary>
    private async Task<bool> DecideAsync(
        BackupScheduleEntity schedule, ScheduleRule rule, Candidate candidate, string? refusal, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (seen, appliance, _) = candidate;
        var (readiness, why) = Meets(schedule, candidate, refusal, now);
        var decision = rule.Decide(seen.Record, appliance.Id, readiness, now, schedule.Paused);
        var nextLook = ScheduleMembers.NextLook(rule, appliance.Id, now);
        if (decision?.Record.State is ScheduledRunState.Started)
        {
            why = await StartAsync(schedule, candidate, decision, nextLook, cancellationToken);
            if (why is null)
                return true;

            // It went offline, or somebody else's backup was faster: it waits, as if that had been seen before.
            decision = rule.Decide(seen.Record, appliance.Id, Readiness.NotNow, now, schedule.Paused);
        }

        if (decision is null)
            return false;

        await WriteAsync(schedule, candidate, decision, why, nextLook, cancellationToken);
        return true;
    }

    /// <summary>Why it could not be started; null: it is, here or by another controller.</summary>
    private async Task<string?> StartAsync(
        BackupScheduleEntity schedule, Candidate candidate, RunDecision decision, DateTimeOffset nextLook, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (backup, refusal) = await scope.ServiceProvider.GetRequiredService<StartBackup>().StartAsync(
            candidate.Appliance,
            new BackupRequest(schedule.Logs, schedule.Audit),
            NameOf(schedule),
            (started, token) => ClaimAsync(scope.ServiceProvider, schedule, candidate, decision, started.Id, message: null, nextLook, token),
            cancellationToken);
        if (backup is not null)
            Log.Started(logger, schedule.Name, candidate.Appliance.Name, backup.Id, decision.Record.Due!.Value);
        return refusal?.Value.Message;
    }

    private static (Readiness Readiness, string? Why) Meets(
        BackupScheduleEntity schedule, Candidate candidate, string? refusal, DateTimeOffset now) => candidate switch
        {
            _ when refusal is not null => (Readiness.NotNow, refusal),
            _ when candidate.Appliance.OnlineUntil is not { } online || online <= now => (Readiness.NotNow, "The appliance is offline."),
            { Unfinished: null } => (Readiness.Ready, null),
            { Unfinished: { } backup } when (backup.Logs || !schedule.Logs) && (backup.Audit || !schedule.Audit) => (Readiness.Covered, null),
            _ => (Readiness.NotNow, "The appliance is being backed up, with less than this schedule asks for."),
        };

    private async Task WriteAsync(
        BackupScheduleEntity schedule,
        Candidate candidate,
        RunDecision decision,
        string? why,
        DateTimeOffset nextLook,
        CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var served = decision.Record.State is ScheduledRunState.Served ? candidate.Unfinished?.Id : null;
        var message = decision.Record.State switch
        {
            ScheduledRunState.Waiting => why,
            ScheduledRunState.Missed when candidate.Scheduled.Record.Waits => $"Not begun within its window. {candidate.Scheduled.Message}",
            ScheduledRunState.Missed => "No controller was there within its window.",
            _ => null,
        };
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            if (!await ClaimAsync(scope.ServiceProvider, schedule, candidate, decision, served, message, nextLook, cancellationToken))
                return;

            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        var due = decision.Record.Due!.Value;
        if (decision.Record.State is ScheduledRunState.Waiting)
            Log.Waits(logger, schedule.Name, candidate.Appliance.Name, due, message);
        if (served is not null)
            Log.Served(logger, schedule.Name, candidate.Appliance.Name, due, served.Value);
        if (decision.Missed > 0)
            Log.Missed(logger, schedule.Name, candidate.Appliance.Name, decision.Missed, due, message);
    }

    /// <summary>Writes the decision, and into the audit log what else it says of the run; the caller saves and commits.</summary>
    private static async Task<bool> ClaimAsync(
        IServiceProvider services,
        BackupScheduleEntity schedule,
        Candidate candidate,
        RunDecision decision,
        Guid? backup,
        string? message,
        DateTimeOffset nextLook,
        CancellationToken cancellationToken)
    {
        if (!await services.GetRequiredService<ScheduleMembers>().ClaimAsync(
            candidate.Scheduled, decision.Record, backup, message, nextLook, cancellationToken))
        {
            return false;
        }

        var audit = services.GetRequiredService<AuditTrail>();
        if (decision.Record.State is ScheduledRunState.Served)
            audit.Add("schedule.serve", candidate.Appliance.Name, $"by backup {backup}, which is under way", actor: NameOf(schedule));
        if (decision.Missed > 0)
        {
            var count = decision.Missed >= ScheduleRule.MostCounted ? $"{ScheduleRule.MostCounted} or more" : $"{decision.Missed}";
            var which = decision.Record.State is ScheduledRunState.Missed ? "up to" : "before";
            var detail = string.Create(CultureInfo.InvariantCulture, $"{count} run(s) {which} that of {decision.Record.Due:u}. {message}");
            audit.Add("schedule.miss", candidate.Appliance.Name, detail.TrimEnd(), actor: NameOf(schedule));
            var missed = $"Schedule {schedule.Name} missed for {candidate.Appliance.Name}: {detail.TrimEnd()}";
            services.GetRequiredService<EventOutbox>().Add(
                services.GetRequiredService<CatalogContext>(), EventKind.ScheduleMissed, candidate.Appliance.Id, backupId: null, missed);
        }

        return true;
    }

    /// <summary>Nothing is due for these: the database need not find them again until something is.</summary>
    private async Task PostponeAsync(
        IReadOnlyCollection<ScheduledApplianceEntity> quiet,
        Dictionary<Guid, ScheduleRule> rules,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        // In one order everywhere: of two controllers that postpone the same rows, one waits for the other.
        var found = quiet.Where(s => s.NextLook <= now).OrderBy(s => s.ScheduleId).ThenBy(s => s.ApplianceId).ToList();
        if (found.Count == 0)
            return;

        await using var scope = scopes.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<ScheduleMembers>();
        try
        {
            using (await gate.EnterAsync(cancellationToken))
            {
                await using var transaction =
                    await scope.ServiceProvider.GetRequiredService<CatalogContext>().Database.BeginTransactionAsync(cancellationToken);
                foreach (var row in found)
                    await members.PostponeAsync(row, ScheduleMembers.NextLook(rules[row.ScheduleId], row.ApplianceId, now), cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
        }
        catch (Exception exception) when (CatalogErrors.IsUnavailable(exception) && !CatalogErrors.IsOutage(exception))
        {
            // A change of all rows of a schedule came between, in another order. They are found and postponed again with the next look.
        }
    }

    /// <summary>A row to decide about, with what its run would meet.</summary>
    private sealed record Candidate(ScheduledApplianceEntity Scheduled, ApplianceEntity Appliance, Unfinished? Unfinished);

    private sealed record Unfinished(Guid Id, bool Logs, bool Audit);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Schedule {Schedule}: backup {Backup} of {Appliance} is started; it was due at {Due:u}.")]
        public static partial void Started(ILogger logger, string schedule, string appliance, Guid backup, DateTimeOffset due);

        [LoggerMessage(LogLevel.Information, "Schedule {Schedule}: the run for {Appliance} due at {Due:u} is served by backup {Backup}, which is under way.")]
        public static partial void Served(ILogger logger, string schedule, string appliance, DateTimeOffset due, Guid backup);

        [LoggerMessage(LogLevel.Information, "Schedule {Schedule}: the run for {Appliance} due at {Due:u} waits. {Why}")]
        public static partial void Waits(ILogger logger, string schedule, string appliance, DateTimeOffset due, string? why);

        [LoggerMessage(LogLevel.Warning, "Schedule {Schedule}: {Count} run(s) for {Appliance} are missed, as of that of {Due:u}. {Why}")]
        public static partial void Missed(ILogger logger, string schedule, string appliance, int count, DateTimeOffset due, string? why);

        [LoggerMessage(LogLevel.Error, "Schedule {Schedule}: what to do for {Appliance} could not be decided; it is with the next look.")]
        public static partial void NotDecided(ILogger logger, string schedule, string appliance, Exception exception);
    }
}
