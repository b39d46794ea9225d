using System.Diagnostics;
using System.Globalization;
using Backstay.Protocol.Admin;

namespace Backstay.Scale;

/// <summary>
/// A controller with a whole fleet connected: what it costs at rest, how quickly a hint arrives, and what happens when many start at
/// the same moment. Prints a line of a Markdown table for each figure.
/// </summary>
internal sealed class FleetScenario(AdminClient admin, Fleet fleet, ProcessUse controller)
{
    private const int Pollers = 4;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenHints = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan BetweenPolls = TimeSpan.FromMilliseconds(50);

    public async Task RunAsync(int hints, int burst, CancellationToken cancellationToken)
    {
        var count = fleet.Agents.Count;
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken);
        var empty = controller.Resident;
        Row("controller without agents", $"{empty:F0} MiB resident");

        var (started, cpu) = (Stopwatch.GetTimestamp(), controller.Cpu);
        await fleet.ConnectAsync(cancellationToken);
        var took = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Row($"{count} agents connect", $"{took:F1} s, {count / took:F0} a second, {(controller.Cpu - cpu).TotalMilliseconds / count:F2} ms of CPU each");

        await RestAsync(count, empty, cancellationToken);
        await HintAsync(hints, cancellationToken);
        await BurstAsync(burst, cancellationToken);
        Row("streams lost in all that time", $"{fleet.Lost}");
        Row("controller's peak", $"{controller.Peak:F0} MiB");
    }

    private async Task RestAsync(int count, double empty, CancellationToken cancellationToken)
    {
        // The first minute has the connections' own garbage in it; the second is what stays.
        await Task.Delay(Rest, TimeProvider.System, cancellationToken);
        var cpu = controller.Cpu;
        await Task.Delay(Rest, TimeProvider.System, cancellationToken);
        var used = (controller.Cpu - cpu).TotalSeconds;
        var resident = controller.Resident;
        Row("memory with them at rest", $"{resident:F0} MiB, {(resident - empty) * 1024 / count:F1} KiB an agent");
        Row("CPU with them at rest", $"{100 * used / Rest.TotalSeconds:F1} % of a core, {1000 * used / Rest.TotalMinutes / count:F2} ms an agent and minute");
    }

    /// <summary>One after the other, so that a hint is timed and not a queue.</summary>
    private async Task HintAsync(int hints, CancellationToken cancellationToken)
    {
        fleet.Forget();
        var answers = new Latencies();
        for (var i = 0; i < hints; i++)
        {
            await Fleet.AskAsync(fleet.Agents[(int)((long)i * fleet.Agents.Count / hints)], admin, answers, cancellationToken);
            await Task.Delay(BetweenHints, TimeProvider.System, cancellationToken);
        }

        await fleet.WaitForAsync(hints, cancellationToken);
        Row("POST answered", $"{answers}");
        Row("POST → hint at the agent", $"{fleet.Hints}");
        Row("POST → session open", $"{fleet.Sessions}");
    }

    private async Task BurstAsync(int burst, CancellationToken cancellationToken)
    {
        fleet.Forget();
        Latencies answers = new(), polls = new();
        var (from, cpu) = (Stopwatch.GetTimestamp(), controller.Cpu);
        var agents = fleet.Agents.Take(burst).ToList();
        var asked = await Task.WhenAll(agents.Select(async agent => (agent.ApplianceId, Id: await Fleet.AskAsync(agent, admin, answers, cancellationToken))));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var polling = Enumerable.Range(0, Pollers).Select(n => PollAsync(asked, n, polls, over.Token)).ToList();
        await fleet.WaitForAsync(burst, cancellationToken);
        var took = Stopwatch.GetElapsedTime(from).TotalSeconds;
        await over.CancelAsync();
        await Task.WhenAll(polling);

        var results = await Task.WhenAll(asked.Select(b => admin.GetBackupStatusAsync(b.ApplianceId, b.Id, cancellationToken)));
        Row($"{burst} at once: all ended", $"{took:F1} s, {results.Count(r => r.Result == BackupResult.Success)} success ({fleet.Outcomes}), {(controller.Cpu - cpu).TotalMilliseconds / burst:F1} ms of CPU each");
        Row($"{burst} at once: POST answered", $"{answers}");
        Row($"{burst} at once: session open", $"{fleet.Sessions}");
        Row("status polls beside them", $"{polls}");
    }

    private async Task PollAsync((Guid ApplianceId, Guid Id)[] backups, int first, Latencies polls, CancellationToken cancellationToken)
    {
        try
        {
            for (var i = first; ; i += Pollers)
            {
                var (appliance, id) = backups[i % backups.Length];
                var from = Stopwatch.GetTimestamp();
                await admin.GetBackupStatusAsync(appliance, id, cancellationToken);
                polls.AddSince(from);
                await Task.Delay(BetweenPolls, TimeProvider.System, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // All backups have ended.
        }
    }

    private static void Row(string what, FormattableString value) =>
        Console.WriteLine($"| {what} | {value.ToString(CultureInfo.InvariantCulture)} |");
}
