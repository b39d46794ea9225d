using System.Diagnostics;
using System.Globalization;
using Backstay.Controller.Catalog;
using Backstay.Controller.Retention;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Retention;

/// <summary>
/// Three years of 200 appliances, day by day, with the plan, the policies and the judgement of the clock that the controller goes by.
/// After every round all that retention promises is looked at.
/// </summary>
public sealed class RetentionSimulationTests(ITestOutputHelper output)
{
    private const int Appliances = 200;
    private const int Days = 3 * 365;

    /// <summary>The oracle compares all with all.</summary>
    private const int OracleLimit = 150;
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Tolerance = new RetentionOptions().ClockTolerance;
    private static readonly string[] Tags = ["production", "lab", "edge", "archive"];

    [Fact]
    public void Three_years_of_two_hundred_appliances_keep_every_promise_of_retention()
    {
        var clock = Stopwatch.StartNew();
        var random = new Random(20260101);
        var policies = new PolicySet(Policies(random));
        var fleet = Enumerable.Range(0, Appliances).Select(number => new SimulatedAppliance(number, random)).ToList();
        var wall = new SimulatedClock(random);
        var (rounds, refused, gone, compared) = (0, 0, 0, 0);

        for (var day = 0; day < Days; day++)
        {
            foreach (var appliance in fleet)
                appliance.Live(Begin.AddDays(day), wall.Error);

            var reading = wall.Read(Begin.AddDays(day + 1));
            if (!reading.Trusted)
            {
                refused++;
                continue; // nothing goes: there is no other way to let something go than what follows
            }

            rounds++;
            foreach (var appliance in fleet)
            {
                var compare = (day + appliance.Number) % 150 == 0 && appliance.Backups.Count <= OracleLimit;
                gone += Round(appliance, policies.For(appliance.Entity), reading.Now, compare);
                compared += compare ? 1 : 0;
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{fleet.Sum(a => a.Made)} backups made, {gone} let go, {fleet.Sum(a => a.Backups.Count)} left; {rounds} rounds, {refused} refused for the clock, "
            + $"{compared} compared with the oracle; {clock.Elapsed.TotalSeconds:0.0} s"));
        Assert.True(rounds > Days / 2 && refused > 10 && gone > 50_000 && compared > 500);
        Assert.All(fleet, appliance => Assert.True(appliance.Made < 10 || appliance.Backups.Any(b => b.State == BackupState.Succeeded)));
    }

    private static int Round(SimulatedAppliance appliance, IReadOnlyList<PolicyInForce> policies, DateTimeOffset now, bool compare)
    {
        var candidates = appliance.Candidates();
        var verdicts = RetentionPlan.Of(candidates, policies, now);
        var going = verdicts.Where(v => !v.Keep).Select(v => v.Backup).ToList();
        var kept = verdicts.Where(v => v.Keep).Select(v => v.Backup).ToList();
        var where = $"appliance {appliance.Number} at {now:O}";

        // Never the last good one, never one that is held, locked, running or failed.
        var good = candidates.Where(b => !b.Damaged && b.Created <= now).OrderBy(b => (b.Created, b.Id)).ToList();
        Assert.True(good.Count == 0 || !going.Any(b => b.Id == good[^1].Id), $"the newest good one would go: {where}");
        Assert.True(good.Count == 0 || kept.Any(b => !b.Damaged), $"no good one would stay: {where}");
        Assert.True(good.FindLast(b => b.Verified) is not { } proven || kept.Contains(proven), $"the newest proven one would go: {where}");
        Assert.True(good.FindLast(b => b.ContentVerified) is not { } opened || kept.Contains(opened), $"the newest opened one would go: {where}");
        Assert.True(good.FindLast(b => b.Drilled) is not { } drilled || kept.Contains(drilled), $"the newest drilled one would go: {where}");
        foreach (var backup in going)
        {
            var row = appliance.Backups[backup.Id];
            Assert.True(
                row is { State: BackupState.Succeeded, HeldBy: null } && !(row.LockedUntil > now) && row.Created <= now, $"{backup} is protected: {where}");
        }

        // Nothing is kept beyond the age that every policy sets, but by what goes before policies.
        if (policies.All(p => p.Rules!.MaxAge is not null))
        {
            var limit = policies.Max(p => p.Rules!.MaxAge!.Value);
            Assert.All(
                verdicts.Where(v => v.Keep && now - v.Backup.Created > limit),
                v => Assert.All(v.Reasons, reason => Assert.Null(reason.Policy)));
        }

        if (compare)
            Compare(candidates, kept, policies, now, where);

        foreach (var backup in going)
            appliance.Backups.Remove(backup.Id);

        // A round right after it finds nothing to do: where nothing went it would be this one again.
        Assert.True(
            going.Count == 0 || RetentionPlan.Of(appliance.Candidates(), policies, now).All(v => v.Keep), $"a second round lets more go: {where}");
        return going.Count;
    }

    private static void Compare(
        List<Candidate> candidates, List<Candidate> kept, IReadOnlyList<PolicyInForce> policies, DateTimeOffset now, string where)
    {
        var ids = kept.Select(b => b.Id).ToHashSet();
        Assert.True(NaiveRetention.Kept(candidates, policies, now).SetEquals(ids), $"not what the oracle keeps: {where}");

        // Another rule, or another policy, lets nothing more go.
        var (first, more) = (policies[0], policies[0].Rules!);
        List<PolicyInForce> wider = [.. policies.Skip(1), first with { Rules = more with { Weekly = more.Weekly + 2, Yearly = more.Yearly + 1 } }];
        List<PolicyInForce> another = [.. policies, new("another", more with { MaxAge = TimeSpan.FromDays(1) })];
        Assert.True(Kept(wider).IsSupersetOf(ids) && Kept(another).IsSupersetOf(ids), $"more rules let more go: {where}");

        HashSet<Guid> Kept(List<PolicyInForce> of) => [.. RetentionPlan.Of(candidates, of, now).Where(v => v.Keep).Select(v => v.Backup.Id)];
    }

    /// <summary>The default one, and others by all kinds of selections and rules.</summary>
    private static IEnumerable<RetentionPolicyEntity> Policies(Random random)
    {
        string[] zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"];
        yield return Policy(RetentionPolicyEntity.DefaultId, "Default", new(All: true), last: 7, within: 90);
        yield return Policy(Guid.NewGuid(), "production", new(Tags: ["production"]), daily: 14, weekly: 8, monthly: 12, maxAge: 300);
        yield return Policy(Guid.NewGuid(), "lab", new(Tags: ["lab"]), last: 3, maxAge: 20);
        yield return Policy(Guid.NewGuid(), "archive", new(Tags: ["archive"]), monthly: 24, yearly: 10);
        yield return Policy(Guid.NewGuid(), "gateways", new(Functions: ["Gateway"]), hourly: 24, daily: 7, within: 2);
        for (var i = 0; i < 10; i++)
        {
            yield return Policy(
                Guid.NewGuid(), $"random {i}", new(Ids: [.. Enumerable.Range(0, 12).Select(_ => SimulatedAppliance.IdOf(random.Next(Appliances)))]),
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
                Created = Begin,
                Updated = Begin,
            };
    }

    /// <summary>A clock that jumps now and then, by hours or by years, in both directions, until somebody sets it right or confirms it.</summary>
    private sealed class SimulatedClock(Random random)
    {
        private DateTimeOffset? _lastSeen;

        public TimeSpan Error { get; private set; }

        public ClockReading Read(DateTimeOffset truth)
        {
            Error = random.Next(40) switch
            {
                0 => TimeSpan.FromHours(random.Next(-60, 60)),
                1 => TimeSpan.FromDays(random.Next(-2000, 2000)),
                < 10 => TimeSpan.Zero,
                _ => Error,
            };
            var reading = new ClockReading(truth + Error, _lastSeen, _lastSeen, Tolerance);
            if (reading.Trusted)
                _lastSeen = _lastSeen > reading.Now ? _lastSeen : reading.Now;
            else if (Error == TimeSpan.Zero)
                _lastSeen = truth; // after a long time of a wrong clock an administrator confirms the right one
            return reading;
        }
    }

    /// <summary>An appliance, and how it is backed up: how often, how well, and what people do with its backups.</summary>
    private sealed class SimulatedAppliance
    {
        private static readonly Func<BackupEntity, bool> IsCandidate = Candidate.Is.Compile();
        private static readonly Func<BackupEntity, Candidate> CandidateOf = Candidate.Of.Compile();

        private readonly Random _random;
        private readonly double _hoursBetween;
        private readonly double _failing;
        private double _nextHour;

        public SimulatedAppliance(int number, Random random)
        {
            (Number, _random) = (number, random);
            _hoursBetween = number % 66 == 0 ? 1 : number % 10 < 3 ? 6 : number % 10 < 8 ? 24 : 24 * 9.5;
            _failing = random.NextDouble() * 0.3;
            _nextHour = random.NextDouble() * _hoursBetween;
            Entity = new ApplianceEntity
            {
                Id = IdOf(number),
                Name = $"gw-{number}",
                Tags = [.. Tags.Where(_ => random.Next(4) == 0)],
                Functions = number % 7 == 0 ? ApplianceFunctions.Gateway : ApplianceFunctions.LogServer,
                Created = Begin,
                Updated = Begin,
            };
        }

        public int Number { get; }

        public int Made { get; private set; }

        public ApplianceEntity Entity { get; }

        public SimulatedBackups Backups { get; } = [];

        public static Guid IdOf(int number) => new(number + 1, 0, 0, new byte[8]);

        public List<Candidate> Candidates() => [.. Backups.Where(IsCandidate).Select(CandidateOf)];

        /// <summary>One day: backups are made by a clock that may be wrong, and people and faults come in between.</summary>
        public void Live(DateTimeOffset day, TimeSpan clockError)
        {
            foreach (var running in Backups.Where(b => b.State == BackupState.Running))
                running.State = BackupState.Succeeded;
            for (; _nextHour < 24; _nextHour += _hoursBetween)
                Make(day.AddHours(_nextHour) + clockError);
            _nextHour -= 24;
            if (Backups.Count == 0)
                return;

            var some = Backups[_random.Next(Backups.Count)];
            switch (_random.Next(60))
            {
                case 0:
                    (some.HeldBy, some.HoldReason) = some.HeldBy is null ? ("anna", "case") : (null, null);
                    break;
                case 1:
                    some.LockedUntil = day.AddDays(_random.Next(200));
                    break;
                case 2 when some.State == BackupState.Succeeded:
                    some.Verification = VerificationState.Damaged;
                    break;
                case 3 when some.HeldBy is null && !(some.LockedUntil > day):
                    some.Deleted = day; // by a client
                    break;
            }

            // Holds don't last for ever, or all would be held in the end.
            foreach (var held in Backups.Where(b => b.HeldBy is not null && _random.Next(50) == 0))
                held.HeldBy = null;
            Backups.RemoveWhere(b => b.Deleted < day || (b.State == BackupState.Failed && _random.Next(20) == 0));
        }

        private void Make(DateTimeOffset created)
        {
            Made++;
            var fails = _random.NextDouble() < _failing;
            Backups.Add(new BackupEntity
            {
                Id = new Guid(_random.Next(), (short)Number, 0, BitConverter.GetBytes((long)Made)),
                ApplianceId = Entity.Id,
                State = fails ? BackupState.Failed : _hoursBetween > 20 && _random.Next(10) == 0 ? BackupState.Running : BackupState.Succeeded,
                Logs = false,
                Audit = false,
                RequestedBy = "simulation",
                Created = created,
                LeaseUntil = created,
                Deadline = created,
                Envelope = [],
                Size = 1000,
                ContentVerified = Made % 13 == 0 ? created : null,
                Drilled = Made % 39 == 0 ? created : null,
                Verification = _random.Next(30) switch { 0 => VerificationState.Damaged, < 20 => VerificationState.Verified, _ => VerificationState.Pending },
            });
        }
    }

    private sealed class SimulatedBackups : System.Collections.ObjectModel.KeyedCollection<Guid, BackupEntity>
    {
        public void RemoveWhere(Func<BackupEntity, bool> condition)
        {
            foreach (var backup in this.Where(condition).ToList())
                Remove(backup.Id);
        }

        protected override Guid GetKeyForItem(BackupEntity item) => item.Id;
    }
}
