namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    private const string DrillMachines = "admin/drill-machines";
    private const string Drills = "admin/drills";

    /// <summary><c>GET /drill-machines</c>.</summary>
    public async Task<PagedList<DrillMachine>> ListDrillMachinesAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery(DrillMachines, query), AdminJson.Default.PagedListDrillMachine, cancellationToken);

    /// <summary><c>PUT /drill-machines/{applianceId}</c>: makes the appliance a drill machine, or changes what it may read.</summary>
    public async Task<DrillMachine> SetDrillMachineAsync(Guid applianceId, DrillMachine machine, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put,
            $"{DrillMachines}/{applianceId}",
            machine,
            AdminJson.Default.DrillMachine,
            AdminJson.Default.DrillMachine,
            cancellationToken);

    /// <summary><c>DELETE /drill-machines/{applianceId}</c>: it reads no archive from then on.</summary>
    public async Task DeleteDrillMachineAsync(Guid applianceId, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"{DrillMachines}/{applianceId}", cancellationToken);

    /// <summary><c>POST …/backup/{backupId}/drill</c>. One that has not ended is answered again. 412 when no drill machine may read it.</summary>
    public async Task<Drill> StartDrillAsync(Guid applianceId, Guid backupId, CancellationToken cancellationToken) =>
        await CallAsync(
            HttpMethod.Post,
            $"admin/appliances/{applianceId}/backup/{backupId}/drill",
            body: null,
            AdminJson.Default.Drill,
            cancellationToken);

    /// <summary><c>GET /drills</c>.</summary>
    public async Task<PagedList<Drill>> ListDrillsAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery(Drills, query), AdminJson.Default.PagedListDrill, cancellationToken);

    /// <summary><c>GET /drills/{id}</c>.</summary>
    public async Task<Drill> GetDrillAsync(Guid id, CancellationToken cancellationToken) =>
        await GetAsync($"{Drills}/{id}", AdminJson.Default.Drill, cancellationToken);

    /// <summary><c>DELETE /drills/{id}</c>: cancels one that has not ended. 412 when it has, otherwise than by this.</summary>
    public async Task CancelDrillAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"{Drills}/{id}", cancellationToken);
}
