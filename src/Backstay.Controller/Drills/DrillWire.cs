using System.Linq.Expressions;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Drills;

/// <summary>A row of the list of drills.</summary>
internal sealed class ListedDrill
{
    public static readonly ListShape<ListedDrill> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<ListedDrill, object?>>>
        {
            ["created"] = listed => listed.Drill.Created,
            ["ended"] = listed => listed.Drill.Ended,
            ["applianceName"] = listed => listed.ApplianceName,
            ["id"] = listed => listed.Drill.Id,
        },
        Holds = pattern => listed => EF.Functions.Like(listed.ApplianceName, pattern, @"\")
            || EF.Functions.Like(listed.Drill.RequestedBy, pattern, @"\")
            || EF.Functions.Like(listed.Drill.Message, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<ListedDrill, bool>>?>>
        {
            ["id"] = value => Guid.TryParse(value, out var id) ? listed => listed.Drill.Id == id : null,
            ["applianceId"] = value => Guid.TryParse(value, out var id) ? listed => listed.Drill.ApplianceId == id : null,
            ["applianceName"] = value => listed => listed.ApplianceName == value,
            ["backupId"] = value => Guid.TryParse(value, out var id) ? listed => listed.Drill.BackupId == id : null,
            ["machineId"] = value => Guid.TryParse(value, out var id) ? listed => listed.Drill.MachineId == id : null,
            ["state"] = value => StateOf(value) is { } state ? listed => listed.Drill.State == state : null,
        },
    };

    public required DrillEntity Drill { get; init; }

    public required string ApplianceName { get; init; }

    public string? MachineName { get; init; }

    /// <summary>Drills with their names; of the appliances that are handed in.</summary>
    public static IQueryable<ListedDrill> Rows(CatalogContext catalog, IQueryable<ApplianceEntity> appliances) =>
        from drill in catalog.Drills.AsNoTracking()
        join appliance in appliances on drill.ApplianceId equals appliance.Id
        select new ListedDrill
        {
            Drill = drill,
            ApplianceName = appliance.Name,
            MachineName = catalog.Appliances.Where(a => a.Id == drill.MachineId).Select(a => a.Name).FirstOrDefault(),
        };

    public Drill ToWire() => new(
        Drill.Id,
        Drill.BackupId,
        Drill.ApplianceId,
        ApplianceName,
        Drill.State,
        Drill.MachineId,
        MachineName,
        Drill.RequestedBy,
        Drill.Created,
        Drill.Started,
        Drill.Ended,
        Drill.Attempt,
        Drill.State == DrillState.Waiting ? Drill.NextTry : null,
        Drill.Message,
        Drill.Files,
        Drill.Bytes,
        Drill.Checks);

    private static DrillState? StateOf(string word) => word switch
    {
        "waiting" => DrillState.Waiting,
        "running" => DrillState.Running,
        "passed" => DrillState.Passed,
        "failed" => DrillState.Failed,
        "could-not" => DrillState.CouldNot,
        "cancelled" => DrillState.Cancelled,
        _ => null,
    };
}

/// <summary>A row of the list of drill machines.</summary>
internal sealed class ListedMachine
{
    public static readonly ListShape<ListedMachine> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<ListedMachine, object?>>>
        {
            ["name"] = listed => listed.Appliance.Name,
            ["created"] = listed => listed.Machine.Created,
            ["id"] = listed => listed.Machine.ApplianceId,
        },
        Holds = pattern => listed => EF.Functions.Like(listed.Appliance.Name, pattern, @"\")
            || EF.Functions.Like(listed.Machine.MadeBy, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<ListedMachine, bool>>?>>
        {
            ["applianceId"] = value => Guid.TryParse(value, out var id) ? listed => listed.Machine.ApplianceId == id : null,
            ["name"] = value => listed => listed.Appliance.Name == value,
        },
    };

    public required DrillMachineEntity Machine { get; init; }

    public required ApplianceEntity Appliance { get; init; }

    public static IQueryable<ListedMachine> Rows(CatalogContext catalog) =>
        from machine in catalog.DrillMachines.AsNoTracking()
        join appliance in catalog.Appliances.AsNoTracking() on machine.ApplianceId equals appliance.Id
        select new ListedMachine { Machine = machine, Appliance = appliance };

    public DrillMachine ToWire(DateTimeOffset now) => new(
        Machine.ApplianceId,
        Appliance.Name,
        Machine.Appliances,
        Machine.EveryDays,
        Appliance.CredentialHash is { } hash && hash.AsSpan().SequenceEqual(Machine.CredentialHash),
        Appliance.OnlineUntil > now,
        Machine.MadeBy,
        Machine.Created,
        Machine.Updated);
}
