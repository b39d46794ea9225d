using System.Globalization;
using System.Text;
using Backstay.Chaos.Matrix;
using Backstay.Protocol.Admin;

namespace Backstay.Chaos.Checking;

/// <summary>The rounds as a table: fault × step × outcome.</summary>
internal static class Report
{
    private static readonly string[] Head = ["fault", "step", "rounds", "not reached", "success", "failure", "violations", "slowest end"];

    /// <summary>As Markdown, which reads well as it is.</summary>
    public static string Table(IReadOnlyList<RoundResult> results)
    {
        var rows = results
            .GroupBy(result => (result.Plan.Fault, result.Plan.Moment.Step))
            .OrderBy(group => IndexOf(group.Key.Fault)).ThenBy(group => group.Key.Step)
            .Select(group => Row(group.Key.Fault.Name, StepName(group.Key.Step), [.. group]))
            .Append(Row("all", "", results))
            .Prepend(Head)
            .ToList();
        var widths = Enumerable.Range(0, Head.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        for (var i = 0; i < rows.Count; i++)
        {
            text.AppendLine($"| {string.Join(" | ", rows[i].Select((cell, column) => cell.PadRight(widths[column])))} |");
            if (i == 0)
                text.AppendLine($"| {string.Join(" | ", widths.Select(width => new string('-', width)))} |");
        }

        return text.ToString();
    }

    public static string Outcomes(IEnumerable<FailureReason?> outcomes)
    {
        var failures = outcomes.Where(outcome => outcome is not null).CountBy(outcome => outcome!.Value).OrderBy(reason => reason.Key);
        return string.Join(", ", failures.Select(reason => $"{reason.Value} {Word(reason.Key)}"));
    }

    public static string Word(FailureReason reason) =>
        string.Concat(reason.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));

    private static string StepName(int step) => step == 0 ? "any" : step.ToString(CultureInfo.InvariantCulture);

    private static int IndexOf(Fault fault) => Fault.All.TakeWhile(other => other != fault).Count();

    private static string[] Row(string fault, string step, IReadOnlyList<RoundResult> rounds)
    {
        var outcomes = rounds.SelectMany(round => round.Outcomes).ToList();
        return
        [
            fault,
            step,
            Number(rounds.Count),
            Number(rounds.Count(round => !round.Reached)),
            Number(outcomes.Count(outcome => outcome is null)),
            Outcomes(outcomes),
            Number(rounds.Sum(round => round.Violations.Count)),
            string.Create(CultureInfo.InvariantCulture, $"{rounds.Select(round => round.Slowest).DefaultIfEmpty().Max().TotalSeconds:0.0} s"),
        ];
    }

    private static string Number(int count) => count == 0 ? "" : count.ToString(CultureInfo.InvariantCulture);
}
