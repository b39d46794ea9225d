using System.Globalization;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Objectives;

/// <summary>How one appliance stands to what is asked for of it, at one moment.</summary>
/// <param name="Good">When its newest good backup was asked for; null: there is none.</param>
/// <param name="Proven">The same of the newest proven one.</param>
/// <param name="OverdueAt">When it becomes overdue, or became it; null when nothing is asked for.</param>
/// <param name="Reason">What is wrong; null unless it is overdue.</param>
internal sealed record Standing(
    ApplianceEntity Appliance,
    ObjectiveInForce Objective,
    DateTimeOffset? Good,
    DateTimeOffset? Proven,
    ProtectionState State,
    DateTimeOffset? OverdueAt,
    string? Reason)
{
    public bool IsOverdue => State == ProtectionState.Overdue;

    /// <summary>
    /// Judges. An objective's time runs from the newest backup that meets it, and at the earliest from when the appliance was activated: one
    /// that comes back after a year, or was replaced by another machine, has the time to be backed up.
    /// </summary>
    public static Standing Of(
        ApplianceEntity appliance, ObjectiveInForce objective, DateTimeOffset? good, DateTimeOffset? proven, DateTimeOffset now)
    {
        if (!appliance.Activated)
            return new Standing(appliance, objective, good, proven, ProtectionState.Inactive, OverdueAt: null, Reason: null);

        var activated = appliance.Enrolled ?? appliance.Created;
        var (goodAt, provenAt) = (Limit(good, objective.GoodWithinHours), Limit(proven, objective.ProvenWithinHours));
        if ((goodAt ?? provenAt) is not { } either)
            return new Standing(appliance, objective, good, proven, ProtectionState.NoObjective, OverdueAt: null, Reason: null);

        var first = goodAt < provenAt ? goodAt.Value : provenAt ?? either;
        var sentences = new[]
        {
            goodAt <= now ? Sentence("good", good, objective.GoodWithinHours!.Value) : null,
            provenAt <= now ? Sentence("proven", proven, objective.ProvenWithinHours!.Value) : null,
        }.OfType<string>().ToList();
        return new Standing(
            appliance,
            objective,
            good,
            proven,
            sentences.Count > 0 ? ProtectionState.Overdue : ProtectionState.Protected,
            first,
            sentences.Count > 0 ? string.Join(" ", sentences) : null);

        DateTimeOffset? Limit(DateTimeOffset? newest, int? hours) =>
            hours is { } within ? (newest > activated ? newest.Value : activated).AddHours(within) : null;

        string Sentence(string word, DateTimeOffset? newest, int hours) => newest is { } time
            ? $"The newest {word} backup is {Hours(now - time)} h old; it may be {hours} h."
            : $"It has no {word} backup, and was activated {Hours(now - activated)} h ago; it may take {hours} h.";
    }

    private static string Hours(TimeSpan time) => Math.Floor(time.TotalHours).ToString(CultureInfo.InvariantCulture);
}
