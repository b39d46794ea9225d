using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Drills;

/// <summary>
/// Ends an attempt as its machine says. Passed and failed are results, and what follows from them commits with them; what a machine was not
/// able to do is none: the drill waits to be tried again, and says why.
/// </summary>
internal sealed partial class DrillEnding(
    CatalogContext catalog,
    WriteGate gate,
    VerificationResults results,
    AuditTrail audit,
    DrillMetrics metrics,
    IOptions<DrillOptions> options,
    TimeProvider time,
    ILogger<DrillEnding> logger)
{
    public const int MaxChecks = 100;

    private const int MaxMessage = 1000;
    private const int MaxName = 128;
    private const int MaxOutput = 4096;

    /// <summary>Idempotent.</summary>
    /// <param name="machine">The name of the machine that says it.</param>
    /// <returns>False: the attempt is over, otherwise than it says.</returns>
    public async Task<bool> EndAsync(HeldDrill held, string machine, DrillReport report, CancellationToken cancellationToken)
    {
        var drill = held.Drill;
        if (drill.State != DrillState.Running)
            return drill.State == StateOf(report.Outcome);

        var message = AgentText.Line(report.Message, MaxMessage);
        bool ended;
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            ended = report.Outcome == DrillOutcome.CouldNot
                ? await PostponeAsync(drill, message, report, cancellationToken)
                : await RecordAsync(held, machine, message, report, cancellationToken);
            if (ended)
            {
                audit.Add("drill.end", held.Appliance.Name, $"backup {drill.BackupId} on {machine}: {WordOf(report.Outcome)}: {message}", actor: machine);
                await catalog.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
        }

        if (!ended)
            return false;
        if (report.Outcome == DrillOutcome.CouldNot)
        {
            metrics.Postponed();
        }
        else
        {
            metrics.Ended(StateOf(report.Outcome));
            results.Wake();
        }

        Log.Ended(logger, drill.Id, drill.BackupId, machine, report.Outcome, message);
        return true;
    }

    private async Task<bool> RecordAsync(
        HeldDrill held, string machine, string message, DrillReport report, CancellationToken cancellationToken)
    {
        var (drill, state, now) = (held.Drill, StateOf(report.Outcome), time.GetUtcNow());
        var checks = Clean(report.Checks);
        var recorded = await Running(drill).ExecuteUpdateAsync(
            set => set
                .SetProperty(d => d.State, state)
                .SetProperty(d => d.Ended, now)
                .SetProperty(d => d.Message, message)
                .SetProperty(d => d.Files, report.Files)
                .SetProperty(d => d.Bytes, report.Bytes)
                .SetProperty(d => d.Checks, checks),
            cancellationToken);
        if (recorded == 0)
            return false;

        var sealedBytes = await catalog.Backups.Where(b => b.Id == drill.BackupId).Select(b => b.Size).FirstOrDefaultAsync(cancellationToken);
        await results.AddAsync(
            new VerificationEntity
            {
                Id = drill.Id,
                BackupId = drill.BackupId,
                ApplianceId = drill.ApplianceId,
                Strength = VerificationStrength.Drill,
                State = state == DrillState.Passed ? VerificationRunState.Passed : VerificationRunState.Failed,
                RequestedBy = drill.RequestedBy,
                Requested = drill.Created,
                Started = drill.Started,
                Ended = now,
                Bytes = sealedBytes ?? 0,
                Files = report.Files,
                By = $"appliance {machine}",
                Message = message,
            },
            cancellationToken);
        return true;
    }

    private async Task<bool> PostponeAsync(DrillEntity drill, string message, DrillReport report, CancellationToken cancellationToken)
    {
        var nextTry = time.GetUtcNow() + options.Value.RetryAfter;
        var checks = Clean(report.Checks);
        return await Running(drill).ExecuteUpdateAsync(
            set => set
                .SetProperty(d => d.State, DrillState.Waiting)
                .SetProperty(d => d.LeaseUntil, (DateTimeOffset?)null)
                .SetProperty(d => d.NextTry, nextTry)
                .SetProperty(d => d.Message, message)
                .SetProperty(d => d.Checks, checks),
            cancellationToken) == 1;
    }

    private IQueryable<DrillEntity> Running(DrillEntity drill) => catalog.Drills
        .Where(d => d.Id == drill.Id && d.State == DrillState.Running && d.Attempt == drill.Attempt && d.MachineId == drill.MachineId);

    private static List<DrillCheck> Clean(IEnumerable<DrillCheck> checks) =>
    [
        .. checks.Select(check => check with
        {
            Name = AgentText.Line(check.Name, MaxName),
            Seconds = double.IsFinite(check.Seconds) ? Math.Max(0, check.Seconds) : 0,
            Output = AgentText.Lines(check.Output, MaxOutput),
            Obstacle = check.Obstacle is null ? null : AgentText.Line(check.Obstacle, MaxMessage),
        }),
    ];

    private static DrillState StateOf(DrillOutcome outcome) => outcome switch
    {
        DrillOutcome.Passed => DrillState.Passed,
        DrillOutcome.Failed => DrillState.Failed,
        _ => DrillState.Waiting,
    };

    private static string WordOf(DrillOutcome outcome) => outcome switch
    {
        DrillOutcome.Passed => "passed",
        DrillOutcome.Failed => "failed",
        _ => "could not",
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Drill {Drill} of backup {Backup} on {Machine}: {Outcome}. {Message}")]
        public static partial void Ended(ILogger logger, Guid drill, Guid backup, string machine, DrillOutcome outcome, string message);
    }
}
