using System.Text.Json.Serialization;
using Backstay.Protocol.Admin;

namespace Backstay.Protocol.Agent;

/// <summary>
/// The answer to <c>POST /agent/v1/drills/claim</c>, which a drill machine asks for work with. 403: the appliance isn't one.
/// </summary>
/// <param name="Drill">Null: there is nothing to do.</param>
/// <param name="AskAgainSeconds">The pause before the next question when there is nothing to do.</param>
public sealed record DrillOffer(DrillAssignment? Drill, int AskAgainSeconds);

/// <summary>
/// A drill that this machine has from now on, and the archive with it: <c>/agent/v1/drills/{id}/{attempt}/…</c> is answered 409 once
/// another has it, or it has ended.
/// </summary>
/// <param name="Attempt">1, 2, … A new attempt, of whichever machine, closes the one before it.</param>
/// <param name="ApplianceId">Whose backup it is; name, tags and functions choose the checks.</param>
/// <param name="Size">Bytes of the sealed archive.</param>
/// <param name="ContentBytes">Bytes of the files in it, as the agent that made it said.</param>
/// <param name="LeaseSeconds">Another machine may take the drill when no renewal arrives for that long.</param>
public sealed record DrillAssignment(
    Guid DrillId,
    int Attempt,
    Guid BackupId,
    DateTimeOffset BackupCreated,
    Guid ApplianceId,
    string ApplianceName,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Functions,
    long Size,
    long? ContentBytes,
    int LeaseSeconds);

/// <summary>Renews the lease: <c>POST …/lease</c>.</summary>
/// <param name="Message">What is happening, at most 500 characters: shown to people.</param>
public sealed record DrillLease(string Message);

/// <summary>How a drill went, for its machine.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<DrillOutcome>))]
public enum DrillOutcome
{
    Passed,

    /// <summary>The archive is damaged, or a check did not end with 0.</summary>
    Failed,

    /// <summary>Not here, not now: no room, no key. That says nothing about the archive, and the drill is tried again.</summary>
    CouldNot,
}

/// <summary>Ends the attempt: <c>POST …/result</c>. Idempotent.</summary>
/// <param name="Message">At most 1,000 characters.</param>
/// <param name="Files">Files whose SHA-256 was checked.</param>
/// <param name="Bytes">Of those.</param>
/// <param name="Checks">At most 100.</param>
public sealed record DrillReport(DrillOutcome Outcome, string Message, long Files, long Bytes, IReadOnlyList<DrillCheck> Checks);
