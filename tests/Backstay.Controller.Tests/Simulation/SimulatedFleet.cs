using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Controller.Schedules;
using Backstay.Controller.Tests.Schedules;
using Backstay.Protocol.Admin;
using Cronos;

namespace Backstay.Controller.Tests.Simulation;

/// <summary>
/// Appliances that come and go, schedules of all kinds, controllers that look at their own pace, fall over each other and are down at
/// times, and people who pause, change and ask. Decisions are those of <see cref="ScheduleRule"/>; the books are kept by
/// <see cref="ExpectedRuns"/>.
/// </summary>
internal sealed class SimulatedFleet
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static readonly (string Cron, TimeZoneInfo Zone, int Spread, int Window, bool CatchUp, ApplianceSelection Appliances)[] Kinds =
    [
        ("30 2 * * *", SimulatedZones.Central, 45, 240, false, new(All: true)),
        ("30 1 * * *", SimulatedZones.Eastern, 0, 60, true, new(Tags: ["north"])),
        ("15 2 * * MON-FRI", SimulatedZones.LordHowe, 90, 120, false, new(Tags: ["south", "east"])),
        ("0 0 * * *", SimulatedZones.Midnight, 30, 30, true, new(Functions: ["Gateway"])),
        ("0 * * * *", SimulatedZones.Central, 20, 30, false, new(Functions: ["Portal"])),
        ("0 */6 * * *", SimulatedZones.India, 600, 300, false, new(Tags: ["north"])),
        ("0 3 * * SUN", SimulatedZones.Eastern, 300, 1440, true, new(All: true)),
        ("@monthly", SimulatedZones.Central, 1440, 2880, true, new(All: true)),
        ("45 2 L * *", SimulatedZones.Central, 0, 10, false, new(Functions: ["Controller", "Metrics Aggregator"])),
        ("0 4 29 2 *", TimeZoneInfo.Utc, 60, 10_080, true, new(All: true)),
    ];

    private readonly Dice _dice;
    private readonly List<ApplianceEntity> _appliances = [];
    private readonly List<Follower> _followers = [];
    private readonly List<(BackupScheduleEntity Schedule, ScheduleRule Rule)> _schedules = [];
    private readonly Dictionary<Guid, Connection> _connections = [];
    private DateTimeOffset _downUntil;

    public SimulatedFleet(ulong seed, int appliances, DateTimeOffset start)
    {
        _dice = new Dice(seed);
        Now = start;
        for (var i = 0; i < appliances; i++)
        {
            var appliance = new ApplianceEntity
            {
                Id = new Guid(i, 3, 4, [1, 2, 3, 4, 5, 6, 7, 8]),
                Name = $"gw-{i}",
                Tags = [new[] { "north", "south", "east", "west" }[i % 4]],
                Functions = i < 5 ? ApplianceFunctions.Portal : i % 3 == 0 ? ApplianceFunctions.Gateway : (ApplianceFunctions)(1 << (i % 7)),
                Created = start,
                Updated = start,
            };
            _appliances.Add(appliance);
            _connections.Add(appliance.Id, new Connection { ChangesAt = start });
        }

        foreach (var kind in Kinds)
        {
            var rule = NewRule(Guid.CreateVersion7(start), kind.Cron, kind.Zone, kind.Spread, kind.Window, kind.CatchUp);
            _schedules.Add((NewSchedule(kind.Cron, kind.Appliances), rule));
        }

        FollowSelections();
    }

    /// <summary>A backup of an appliance began, and this is when it will have ended.</summary>
    public event Action<ApplianceEntity, DateTimeOffset>? Began;

    public IReadOnlyList<ApplianceEntity> Appliances => _appliances;

    public DateTimeOffset Now { get; private set; }

    /// <summary>No controller runs.</summary>
    public bool IsDown => Now < _downUntil;

    public long Started { get; private set; }

    public long Served { get; private set; }

    public long Missed { get; private set; }

    public long CaughtUp { get; private set; }

    /// <summary>Lets time pass, by looks of the controllers.</summary>
    public void RunUntil(DateTimeOffset end)
    {
        while (Now < end)
        {
            Now += _dice.Between(TimeSpan.FromSeconds(10), 15 * Minute);
            if (_dice.OneIn(2500))
                _downUntil = Now + _dice.Between(Minute, _dice.OneIn(3) ? TimeSpan.FromDays(6) : TimeSpan.FromHours(3));
            if (IsDown)
                continue;
            if (_dice.OneIn(300))
                SomebodyDoesSomething();
            foreach (var follower in _followers)
                Look(follower);
        }
    }

    /// <summary>Somebody asks for a backup; no, where one runs.</summary>
    public bool BackUp(ApplianceEntity appliance)
    {
        var free = Now >= _connections[appliance.Id].BusyUntil;
        if (free)
            Begin(appliance);
        return free;
    }

    /// <summary>A backup was found damaged: the schedule that is due next begins at once.</summary>
    public void Replace(ApplianceEntity appliance)
    {
        var next = _followers.Where(f => f.Appliance == appliance && !f.Schedule.Paused && f.NextDue is not null).MinBy(f => f.NextDue);
        if (next is not null)
            RunNow(next);
    }

    private void Begin(ApplianceEntity appliance)
    {
        var ends = Now + _dice.Between(Minute, 90 * Minute);
        _connections[appliance.Id].BusyUntil = ends;
        Began?.Invoke(appliance, ends);
    }

    private void Look(Follower follower)
    {
        // As the catalog finds them: what is due, and what waits.
        var (schedule, rule) = (follower.Schedule, follower.Rule);
        if (!follower.Record.Waits && (schedule.Paused || follower.NextDue > Now))
            return;

        var readiness = _connections[follower.Appliance.Id].Meets(_dice, Now);
        var seen = follower.Record;
        var decision = rule.Decide(seen, follower.Appliance.Id, readiness, Now, schedule.Paused);
        if (decision is null)
        {
            if (!schedule.Paused)
                follower.Expected.Nothing(Now);
            return;
        }

        Assert.False(schedule.Paused && !seen.Waits, "Something began by itself while the schedule was paused.");

        // What the catalog compares: another controller that saw the same finds its row changed.
        Assert.NotEqual((seen.Since, seen.State, seen.Due), (decision.Record.Since, decision.Record.State, decision.Record.Due));
        follower.Expected.Decided(decision, Now, schedule.Paused);
        follower.Record = decision.Record;
        follower.NextDue = rule.NextDue(follower.Appliance.Id, Now);
        Missed += decision.Missed;
        switch (decision.Record.State)
        {
            case ScheduledRunState.Started:
                Assert.Equal(Readiness.Ready, readiness);
                Begin(follower.Appliance);
                Started++;
                CaughtUp += Now > decision.Record.Due + rule.Window ? 1 : 0;
                break;
            case ScheduledRunState.Served:
                Served++;
                break;
            case ScheduledRunState.Missed:
                // Nobody was there in its window, or it waited for the appliance all the while.
                Assert.True(seen.Waits || !rule.CatchUp);
                break;
            case ScheduledRunState.Waiting:
                Assert.Equal(Readiness.NotNow, readiness);
                break;
        }
    }

    private void SomebodyDoesSomething()
    {
        var schedule = _schedules[_dice.Below(_schedules.Count)].Schedule;
        switch (_dice.Below(4))
        {
            case 0:
                foreach (var follower in _followers.Where(f => f.Schedule == schedule))
                    RunNow(follower);
                break;
            case 1:
                _appliances[_dice.Below(_appliances.Count)].Tags = [new[] { "north", "south", "east", "west" }[_dice.Below(4)]];
                FollowSelections();
                break;
            default:
                schedule.Paused = !schedule.Paused && _dice.OneIn(2);
                Restart(schedule);
                break;
        }
    }

    private void RunNow(Follower follower)
    {
        follower.Record = follower.Record.RunNow(Now, follower.Rule.Window);
        follower.Expected = new ExpectedRuns(follower.Rule, follower.Appliance.Id, Now);
        follower.Expected.Add(Now);
        follower.NextDue = follower.Rule.NextDue(follower.Appliance.Id, Now);
    }

    private void Restart(BackupScheduleEntity schedule)
    {
        foreach (var follower in _followers.Where(f => f.Schedule == schedule))
        {
            follower.Record = follower.Record.Restart(Now);
            follower.Expected = new ExpectedRuns(follower.Rule, follower.Appliance.Id, Now);
            follower.NextDue = follower.Rule.NextDue(follower.Appliance.Id, Now);
        }
    }

    private void FollowSelections()
    {
        _followers.RemoveAll(f => !f.Schedule.Appliances.Matches(f.Appliance));
        var known = _followers.Select(f => (f.Schedule, f.Appliance)).ToHashSet();
        foreach (var (schedule, rule) in _schedules)
        {
            foreach (var appliance in _appliances.Where(a => schedule.Appliances.Matches(a) && !known.Contains((schedule, a))))
            {
                _followers.Add(new Follower(schedule, rule, appliance)
                {
                    Record = RunRecord.From(Now),
                    Expected = new ExpectedRuns(rule, appliance.Id, Now),
                    NextDue = rule.NextDue(appliance.Id, Now),
                });
            }
        }
    }

    private BackupScheduleEntity NewSchedule(string cron, ApplianceSelection appliances) => new()
    {
        Id = Guid.CreateVersion7(Now),
        Name = cron,
        Cron = cron,
        TimeZone = "UTC",
        Appliances = appliances,
        Created = Now,
        Updated = Now,
    };

    private static ScheduleRule NewRule(Guid id, string cron, TimeZoneInfo zone, int spread, int window, bool catchUp) => new(
        id, CronExpression.Parse(cron), zone, spread * Minute, window * Minute, catchUp);

    private sealed class Follower(BackupScheduleEntity schedule, ScheduleRule rule, ApplianceEntity appliance)
    {
        public BackupScheduleEntity Schedule => schedule;

        public ScheduleRule Rule => rule;

        public ApplianceEntity Appliance => appliance;

        public required RunRecord Record { get; set; }

        public required ExpectedRuns Expected { get; set; }

        public required DateTimeOffset? NextDue { get; set; }
    }

    /// <summary>An appliance is online for days, offline for minutes or for days, and busy after a start.</summary>
    private sealed class Connection
    {
        private bool _online;

        public DateTimeOffset ChangesAt { get; set; }

        public DateTimeOffset BusyUntil { get; set; }

        public Readiness Meets(Dice dice, DateTimeOffset now)
        {
            while (ChangesAt <= now)
            {
                _online = !_online;
                ChangesAt += dice.Between(5 * Minute, _online ? TimeSpan.FromDays(20) : dice.OneIn(4) ? TimeSpan.FromDays(4) : TimeSpan.FromHours(2));
            }

            return !_online ? Readiness.NotNow
                : now >= BusyUntil ? Readiness.Ready
                : dice.OneIn(2) ? Readiness.Covered : Readiness.NotNow;
        }
    }
}
