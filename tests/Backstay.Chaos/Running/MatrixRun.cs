using System.Collections.Concurrent;
using Backstay.Chaos.Checking;
using Backstay.Chaos.Matrix;

namespace Backstay.Chaos.Running;

/// <summary>All rounds, shared out to installations that run side by side, and the report of them.</summary>
internal sealed class MatrixRun(ChaosOptions options, TextWriter output, CancellationToken cancellationToken)
{
    /// <summary>A moment that is drawn that often and never comes has lost its line of log: the matrix would have a hole.</summary>
    private const int DrawsUntilSuspicious = 3;

    private readonly ConcurrentQueue<RoundResult> _results = new();
    private readonly ConcurrentQueue<string> _breakdowns = new();
    private int _done;

    /// <returns>How each round went, in order.</returns>
    public async Task<IReadOnlyList<RoundResult>> RunAsync()
    {
        var plans = new ConcurrentQueue<RoundPlan>(
            options.Round is { } one ? RoundPlan.Make(options).Skip(one - 1).Take(1) : RoundPlan.Make(options).Take(options.Rounds));
        var rounds = plans.Count;
        await using var site = await Site.StartAsync(options);
        await Task.WhenAll(Enumerable.Range(1, Math.Min(options.Lanes, rounds)).Select(lane => RunLaneAsync(lane, site, plans, rounds)));
        return [.. _results.OrderBy(result => result.Plan.Number)];
    }

    /// <summary>What is wrong with the run as a whole, once it is over.</summary>
    public IEnumerable<string> Faults =>
    [
        .. _breakdowns,
        .. from result in _results
           where result.Plan.Fault.Victim != Victim.Nobody
           group result by result.Plan.Moment into drawn
           where drawn.Count() >= DrawsUntilSuspicious && !drawn.Any(result => result.Reached)
           select $"the moment {drawn.Key} never came in {drawn.Count()} rounds: its line of log may have changed",
    ];

    private async Task RunLaneAsync(int number, Site site, ConcurrentQueue<RoundPlan> plans, int rounds)
    {
        try
        {
            await RunRoundsAsync(number, site, plans, rounds);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The others go on; their results are worth having.
            _breakdowns.Enqueue($"lane {number} broke down: {exception}");
        }
    }

    private async Task RunRoundsAsync(int number, Site site, ConcurrentQueue<RoundPlan> plans, int rounds)
    {
        await using var installation = await site.InstallAsync(number, cancellationToken);
        var lane = new Lane(number, installation, cancellationToken);
        while (plans.TryDequeue(out var plan))
        {
            var result = await lane.RunAsync(plan);
            _results.Enqueue(result);
            Tell(result, rounds);
        }

        await lane.FinishAsync();
    }

    private void Tell(RoundResult result, int rounds)
    {
        var successes = result.Outcomes.Count(outcome => outcome is null);
        var failures = Report.Outcomes(result.Outcomes);
        var line = $"[{Interlocked.Increment(ref _done)}/{rounds}] round {result.Plan.Number}, lane {result.Lane}: {result.Plan}"
            + $"{(result.Reached ? "" : " (not reached)")}: {successes} success{(failures.Length > 0 ? $", {failures}" : "")}"
            + $", slowest {result.Slowest.TotalSeconds:0.0} s, took {result.Took.TotalSeconds:0.0} s";
        lock (output)
        {
            output.WriteLine(line);
            foreach (var violation in result.Violations)
                output.WriteLine($"    VIOLATION: {violation}");
        }
    }
}
