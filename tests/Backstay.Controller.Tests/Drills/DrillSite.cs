using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Backstay.Controller.Drills;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Drills;

/// <summary>A drill machine's calls by plain HTTP, and an administrator's about drills.</summary>
internal static class DrillSite
{
    /// <summary>A controller whose drills are swept when a test says so.</summary>
    public static Task<BackupSite> StartAsync(TimeProvider? time = null) => BackupSite.StartAsync(
        time, services: all => all.Remove(all.Single(service => service.ImplementationType == typeof(DrillSweep))));

    /// <summary>An appliance that is made a drill machine for what is selected; all, when nothing is.</summary>
    public static async Task<RawAgent> AddMachineAsync(this BackupSite site, ApplianceSelection? reads = null, int? everyDays = null)
    {
        var machine = await site.AddApplianceAsync();
        using var answer = await site.TryEnableAsync(machine.ApplianceId, new DrillMachine(Appliances: reads ?? new(All: true), EveryDays: everyDays));
        await answer.AssertOkAsync(AdminJson.Default.DrillMachine);
        return machine;
    }

    public static Task<HttpResponseMessage> TryEnableAsync(this BackupSite site, Guid appliance, DrillMachine machine, HttpClient? client = null) =>
        (client ?? site.Admin).PutAsJsonAsync($"/admin/drill-machines/{appliance}", machine, AdminJson.Default.DrillMachine);

    public static Task<HttpResponseMessage> TryDrillAsync(this BackupSite site, RawAgent agent, Guid backup, HttpClient? client = null) =>
        (client ?? site.Admin).PostAsync($"{BackupSite.Path(agent, backup)}/drill", content: null);

    public static async Task<Drill> DrillAsync(this BackupSite site, RawAgent agent, Guid backup)
    {
        using var answer = await site.TryDrillAsync(agent, backup);
        return await answer.AssertOkAsync(AdminJson.Default.Drill, HttpStatusCode.Accepted);
    }

    public static async Task<Drill> ReadAsync(this BackupSite site, Guid drill) =>
        (await site.Admin.GetFromJsonAsync($"/admin/drills/{drill}", AdminJson.Default.Drill))!;

    /// <summary>Says that everything about drills was so much earlier. A clock that is moved for days has every worker catch up.</summary>
    public static Task AgeDrillsAsync(this BackupSite site, TimeSpan age) => site.Host.CatalogAsync(async catalog =>
    {
        foreach (var drill in await catalog.Drills.AsNoTracking().ToListAsync())
        {
            await catalog.Drills.Where(d => d.Id == drill.Id).ExecuteUpdateAsync(set => set
                .SetProperty(d => d.Created, drill.Created - age)
                .SetProperty(d => d.NextTry, drill.NextTry - age)
                .SetProperty(d => d.Ended, drill.Ended - age));
        }

        foreach (var machine in await catalog.DrillMachines.AsNoTracking().ToListAsync())
        {
            await catalog.DrillMachines.Where(m => m.ApplianceId == machine.ApplianceId)
                .ExecuteUpdateAsync(set => set.SetProperty(m => m.NextLook, machine.NextLook - age));
        }
    });

    public static Task SweepDrillsAsync(this BackupSite site) =>
        ActivatorUtilities.CreateInstance<DrillSweep>(site.Host.Services).SweepAsync(CancellationToken.None);

    public static async Task<DrillAssignment?> ClaimAsync(this RawAgent machine)
    {
        using var answer = await machine.Http.PostAsync("/agent/v1/drills/claim", content: null);
        return (await answer.AssertOkAsync(AgentJson.Default.DrillOffer)).Drill;
    }

    public static Task<HttpResponseMessage> ReadArchiveAsync(this RawAgent machine, Guid drill, int attempt, long offset = 0)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/agent/v1/drills/{drill}/{attempt}/archive");
        request.Headers.Range = new RangeHeaderValue(offset, null);
        return machine.Http.SendAsync(request);
    }

    public static Task<HttpResponseMessage> RenewDrillAsync(this RawAgent machine, Guid drill, int attempt) =>
        machine.Http.PostAsJsonAsync($"/agent/v1/drills/{drill}/{attempt}/lease", new DrillLease("Restoring."), AgentJson.Default.DrillLease);

    public static Task<HttpResponseMessage> ReportAsync(
        this RawAgent machine, DrillAssignment drill, DrillOutcome outcome, string message = "So it went.", params DrillCheck[] checks) =>
        machine.Http.PostAsJsonAsync(
            $"/agent/v1/drills/{drill.DrillId}/{drill.Attempt}/result", new DrillReport(outcome, message, 3, 300, checks), AgentJson.Default.DrillReport);
}
