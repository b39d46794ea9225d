using Backstay.Controller.Api;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Agents;

/// <summary>The condition of the machine, as its agent says it once a minute.</summary>
internal static class ReportHealth
{
    private const int MaxVersion = 64;

    public static async Task<Results<NoContent, ApiErrorResult>> HandleAsync(
        AgentCaller agent, HttpRequest request, CatalogContext catalog, WriteGate gate, TimeProvider time, CancellationToken cancellationToken)
    {
        var (health, refusal) = await RequestBody.ReadAsync(request, AgentJson.Default.AgentHealth, cancellationToken);
        if (health is null)
            return refusal!;
        if (health is not { Cpu: >= 0 and <= 100, Memory: >= 0 and <= 100, DiskTotal: >= 0, DiskFree: >= 0 } || health.DiskFree > health.DiskTotal)
            return ApiErrors.BadRequest("cpu and memory are percent, 0 to 100; diskFree is at most diskTotal.");

        var now = time.GetUtcNow();
        var version = AgentText.Line(health.AgentVersion, MaxVersion);
        using (await gate.EnterAsync(cancellationToken))
        {
            await catalog.Appliances
                .Where(a => a.Id == agent.ApplianceId)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(a => a.Cpu, health.Cpu)
                        .SetProperty(a => a.Memory, health.Memory)
                        .SetProperty(a => a.DiskTotal, health.DiskTotal)
                        .SetProperty(a => a.DiskFree, health.DiskFree)
                        .SetProperty(a => a.AgentVersion, version)
                        .SetProperty(a => a.LastSeen, now),
                    cancellationToken);
        }

        return TypedResults.NoContent();
    }
}
