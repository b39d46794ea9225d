using System.Diagnostics;
using System.Globalization;
using Backstay.Controller.Catalog;
using Backstay.Controller.Retention;

namespace Backstay.Controller.Tests.Simulation;

/// <summary>
/// Three years of 200 appliances in one world: schedules of all kinds begin the backups, these succeed or fail, are proven or found damaged,
/// which begins another one, and are held, locked, deleted and let go. Clocks change in both directions and by half an hour, and one
/// of a controller goes wrong at times; there are outages, absences, pauses, retagging. Decisions are the controller's own, and each is
/// checked as it is made.
/// </summary>
/// <remarks><c>BACKSTAY_SIMULATION_SEEDS=2,3,4</c> in the environment: other worlds.</remarks>
public sealed class ThreeYearsTests(ITestOutputHelper output)
{
    private const int Appliances = 200;
    private const int Days = 3 * 365;

    /// <summary>The oracle compares all with all.</summary>
    private const int OracleLimit = 150;
    private static readonly DateTimeOffset Start = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<int> Seeds => [.. (Environment.GetEnvironmentVariable("BACKSTAY_SIMULATION_SEEDS") ?? "1")
        .Split(',').Select(seed => int.Parse(seed, CultureInfo.InvariantCulture))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_run_begins_once_in_its_window_and_every_promise_of_retention_is_kept(int seed)
    {
        var clock = Stopwatch.StartNew();
        var random = new Random(seed);
        var fleet = new SimulatedFleet((ulong)seed, Appliances, Start);
        var policies = new PolicySet(SimulatedPolicies.Of(random, Start, fleet.Appliances));
        var histories = fleet.Appliances.Select((appliance, number) => new SimulatedHistory(appliance, number, random)).ToList();
        var (wall, byId) = (new SimulatedClock(random), histories.ToDictionary(h => h.Appliance.Id));
        fleet.Began += (appliance, ends) => byId[appliance.Id].Begin(fleet.Now + wall.Error, fleet.Now, ends);
        var (rounds, refused, gone, compared, byHand, replaced) = (0, 0, 0, 0, 0, 0);

        for (var day = 1; day <= Days; day++)
        {
            fleet.RunUntil(Start.AddDays(day));
            foreach (var history in histories.Where(history => history.Live(fleet.Now)))
            {
                fleet.Replace(history.Appliance);
                replaced++;
            }

            byHand += fleet.BackUp(fleet.Appliances[random.Next(Appliances)]) ? 1 : 0;
            if (fleet.IsDown)
                continue;

            var reading = wall.Read(fleet.Now);
            if (!reading.Trusted)
            {
                refused++;
                continue; // nothing goes: there is no other way to let something go than what follows
            }

            rounds++;
            for (var i = 0; i < Appliances; i++)
            {
                var compare = (day + i) % 150 == 0 && histories[i].Backups.Count <= OracleLimit;
                gone += RetentionPromises.Round(histories[i], policies.For(histories[i].Appliance), reading.Now, compare);
                compared += compare ? 1 : 0;
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"seed {seed}: {fleet.Started} scheduled backups, {fleet.CaughtUp} of them late, {fleet.Served} served by another, {fleet.Missed} missed; {byHand} by hand; "
            + $"{histories.Sum(h => h.Failed)} failed, {replaced} times replaced for damage; {gone} let go, {histories.Sum(h => h.Backups.Count)} left; "
            + $"{rounds} rounds, {refused} refused for the clock, {compared} compared with the oracle; {clock.Elapsed.TotalSeconds:0.0} s"));

        // Enough of each happened to have been checked.
        Assert.Equal(fleet.Started + byHand, histories.Sum(h => (long)h.Made));
        Assert.InRange(fleet.Started, 200_000, 1_000_000);
        Assert.InRange(fleet.Served, 1_000, 1_000_000);
        Assert.InRange(fleet.Missed, 10_000, 1_000_000);
        Assert.InRange(fleet.CaughtUp, 50, 100_000);
        Assert.True(rounds > Days / 2 && refused > 10 && gone > 50_000 && compared > 500 && byHand > 100 && replaced > 1000, "too little happened");
        Assert.All(histories, history => Assert.Contains(history.Backups, b => b.State == BackupState.Succeeded));
    }
}
