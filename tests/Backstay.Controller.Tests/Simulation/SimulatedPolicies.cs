using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Simulation;

internal static class SimulatedPolicies
{
    /// <summary>The default one, and others by all kinds of selections and rules.</summary>
    public static IEnumerable<RetentionPolicyEntity> Of(Random random, DateTimeOffset created, IReadOnlyList<ApplianceEntity> appliances)
    {
        string[] zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"];
        yield return Policy(RetentionPolicyEntity.DefaultId, "Default", new(All: true), last: 7, within: 90);
        yield return Policy(Guid.NewGuid(), "north", new(Tags: ["north"]), daily: 14, weekly: 8, monthly: 12, maxAge: 300);
        yield return Policy(Guid.NewGuid(), "south", new(Tags: ["south"]), last: 3, maxAge: 20);
        yield return Policy(Guid.NewGuid(), "east", new(Tags: ["east"]), monthly: 24, yearly: 10);
        yield return Policy(Guid.NewGuid(), "gateways", new(Functions: ["Gateway"]), hourly: 24, daily: 7, within: 2);
        for (var i = 0; i < 10; i++)
        {
            yield return Policy(
                Guid.NewGuid(), $"random {i}", new(Ids: [.. Enumerable.Range(0, 12).Select(_ => appliances[random.Next(appliances.Count)].Id)]),
                random.Next(6), random.Next(30), random.Next(20), random.Next(10), random.Next(14), random.Next(3),
                random.Next(1, 30), random.Next(2) == 0 ? null : random.Next(30, 700));
        }

        RetentionPolicyEntity Policy(
            Guid id, string name, ApplianceSelection selection, int? last = null, int? hourly = null, int? daily = null, int? weekly = null,
            int? monthly = null, int? yearly = null, int? within = null, int? maxAge = null) => new()
            {
                Id = id,
                Name = name,
                Appliances = selection,
                KeepLast = last,
                KeepHourly = hourly,
                KeepDaily = daily,
                KeepWeekly = weekly,
                KeepMonthly = monthly,
                KeepYearly = yearly,
                KeepWithinDays = within,
                MaxAgeDays = maxAge,
                TimeZone = zones[random.Next(zones.Length)],
                Created = created,
                Updated = created,
            };
    }
}
