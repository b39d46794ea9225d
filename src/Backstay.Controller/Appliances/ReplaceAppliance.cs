using Backstay.Controller.Access;
using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Backstay.Controller.Appliances;

/// <summary>Another machine takes the place of one that is dead or given up: a new seed for the same id, the old agent locked out.</summary>
internal static class ReplaceAppliance
{
    public static async Task<Results<Ok<Seed>, ApiErrorResult>> HandleAsync(
        RouteId id,
        Caller caller,
        HttpRequest request,
        CatalogContext catalog,
        Seeds seeds,
        BackupEnding ending,
        IHintChannel hints,
        CancellationToken cancellationToken)
    {
        var (appliance, error) = await ApplianceLookup.FindAsync(catalog, id, caller, PrivilegeType.Export, cancellationToken);
        if (appliance is null)
        {
            return error!;
        }

        if (!caller.May(PrivilegeType.Edit, PrivilegeTarget.Appliance, appliance.Id, appliance.Tags))
        {
            return ApiErrors.Forbidden($"{PrivilegeType.Edit} on this appliance");
        }

        var seed = await seeds.ReplaceAsync(appliance, request, cancellationToken);
        if (seed is null)
        {
            return ApiErrors.NotFound("appliance");
        }

        // The old agent is refused from here on, and nobody has the new seed yet: what is unfinished is the old agent's.
        await hints.SendAsync(AgentHint.Cut(appliance.Id));
        await ending.FailUnfinishedAsync(appliance.Id, BackupFailure.Replaced(caller.Name));
        return TypedResults.Ok(seed);
    }
}
