using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Drills;

/// <summary>A drill that the calling machine has, and whose it is.</summary>
internal sealed record HeldDrill(DrillEntity Drill, ApplianceEntity Appliance);

/// <summary>
/// What a machine may do with which drill, asked of the catalog with every call: the right that is taken back, or that was given to an
/// earlier enrolment, ends with the next one.
/// </summary>
internal sealed class DrillClaims(CatalogContext catalog)
{
    /// <summary>The right of the calling agent, or null: it is an ordinary one, as all are that nobody made a drill machine.</summary>
    public async Task<DrillMachineEntity?> MachineAsync(AgentCaller agent, CancellationToken cancellationToken)
    {
        var machine = await catalog.DrillMachines.AsNoTracking().SingleOrDefaultAsync(m => m.ApplianceId == agent.ApplianceId, cancellationToken);
        return machine is not null && machine.CredentialHash.AsSpan().SequenceEqual(agent.CredentialHash) ? machine : null;
    }

    /// <summary>
    /// In this order: the agent is a drill machine (403), the drill is its own (404), whose archives it may read (403), and the attempt is
    /// the one in force (409).
    /// </summary>
    public async Task<(HeldDrill? Held, ApiErrorResult? Refusal)> FindAsync(
        Guid drillId, int attempt, AgentCaller agent, CancellationToken cancellationToken)
    {
        if (await MachineAsync(agent, cancellationToken) is not { } machine)
            return (null, NotAMachine());

        var found = await (
            from drill in catalog.Drills.AsNoTracking()
            join appliance in catalog.Appliances.AsNoTracking() on drill.ApplianceId equals appliance.Id
            where drill.Id == drillId && drill.MachineId == agent.ApplianceId
            select new { Drill = drill, Appliance = appliance }).SingleOrDefaultAsync(cancellationToken);
        return found is null ? (null, ApiErrors.NotFound("drill of this machine"))
            : !machine.Appliances.Matches(found.Appliance) ? (null, NotAMachine())
            : found.Drill.Attempt != attempt ? (null, Over(attempt))
            : (new HeldDrill(found.Drill, found.Appliance), null);
    }

    public static ApiErrorResult NotAMachine() => ApiErrors.Forbidden(
        "this appliance isn't a drill machine, or not for that appliance. An administrator makes it one: backstay drill enable NAME");

    public static ApiErrorResult Over(int attempt) =>
        ApiErrors.Conflict(ErrorIds.AttemptClosed, $"Attempt {attempt} of this drill is over. Stop working on it.");
}
