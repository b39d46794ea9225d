using Backstay.Chaos.Matrix;
using Backstay.Protocol.Admin;

namespace Backstay.Chaos.Checking;

/// <summary>How a round went.</summary>
/// <param name="Reached">Whether its moment came, and the fault with it.</param>
/// <param name="Outcomes">Of each backup: null for a success, or its reason.</param>
/// <param name="Slowest">From the request of a backup to its end, the slowest.</param>
internal sealed record RoundResult(
    RoundPlan Plan, int Lane, bool Reached, IReadOnlyList<FailureReason?> Outcomes, TimeSpan Slowest, TimeSpan Took, List<string> Violations);
