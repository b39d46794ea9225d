using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>
/// How long the backups of some appliances are kept. A backup goes when no policy that applies to its appliance keeps it. Every count is
/// of good backups, one for each hour, day, … that has one: the newest of it. PUT sends the whole object.
/// </summary>
/// <param name="Id">Set by the controller when left out.</param>
/// <param name="Name">Required, unique, 1 to 128 characters.</param>
/// <param name="Appliances">Whose backups. Of the default policy it means nothing: that one is for appliances that no other selects.</param>
/// <param name="KeepLast">So many of the newest. 1 to 10,000, as all counts.</param>
/// <param name="KeepHourly">The newest of each of the last so many hours that have a backup.</param>
/// <param name="KeepDaily">The same by days.</param>
/// <param name="KeepWeekly">The same by weeks, which begin on Monday.</param>
/// <param name="KeepMonthly">The same by months.</param>
/// <param name="KeepYearly">The same by years.</param>
/// <param name="KeepWithinDays">Everything that is not older. 1 to 36,500 days of 24 hours.</param>
/// <param name="MaxAgeDays">What is older isn't kept by this policy, whatever the rules above say. 1 to 36,500 days of 24 hours.</param>
/// <param name="TimeZone">In which hours, days, … begin: an IANA name. <c>UTC</c> when left out.</param>
/// <param name="IsDefault">Read only: the one policy for appliances that no other selects. It can be changed and not deleted.</param>
/// <param name="AwaitsConfirmation">
/// Read only: the controller made it over backups that were there already, as after a rebuild of the catalog. It keeps everything until it
/// is saved (PUT), changed or as it is.
/// </param>
public sealed record RetentionPolicy(
    Guid? Id,
    string? Name,
    string? Notes = null,
    ApplianceSelection? Appliances = null,
    int? KeepLast = null,
    int? KeepHourly = null,
    int? KeepDaily = null,
    int? KeepWeekly = null,
    int? KeepMonthly = null,
    int? KeepYearly = null,
    int? KeepWithinDays = null,
    int? MaxAgeDays = null,
    string? TimeZone = null,
    bool IsDefault = false,
    DateTimeOffset? Created = null,
    DateTimeOffset? Updated = null,
    bool AwaitsConfirmation = false);

/// <summary>Why a backup stays, or why it goes.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<RetentionRule>))]
public enum RetentionRule
{
    // A policy keeps it.
    Last,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
    Within,

    // It stays whatever policies say.

    /// <summary>The newest that isn't damaged.</summary>
    NewestGood,

    /// <summary>The newest whose stored bytes were proven.</summary>
    NewestVerified,

    /// <summary>The newest whose content was proven, or the newest that a drill has restored.</summary>
    NewestProven,

    /// <summary>Damaged, but there is nothing newer that is good.</summary>
    NothingBetter,
    Held,
    Locked,

    /// <summary>Made at a time that has not come yet: a clock is wrong, or was.</summary>
    NotYet,

    /// <summary>No policy applies, or one of them can't be read: its time zone is unknown to this machine.</summary>
    NoPolicy,

    /// <summary>A policy that applies <see cref="RetentionPolicy.AwaitsConfirmation"/>.</summary>
    Unconfirmed,

    // It goes.

    /// <summary>No rule of the policy keeps it.</summary>
    NotKept,

    /// <summary>It is older than <see cref="RetentionPolicy.MaxAgeDays"/>.</summary>
    MaxAge,
}

/// <summary>One reason of a verdict.</summary>
/// <param name="Policy">The name of the policy; null where no policy is asked.</param>
/// <param name="Place">Which of those that the rule keeps: 1 is the newest.</param>
public sealed record RetentionReason(RetentionRule Rule, string? Policy = null, int? Place = null);

/// <summary>The body of <c>POST /retention-policies/preview</c>; optional as a whole.</summary>
/// <param name="Policy">What if it were saved: with the id of a saved one in its place, else as a new one. Without it: what is saved.</param>
/// <param name="Without">What if this saved one were deleted. Not together with <paramref name="Policy"/>.</param>
public sealed record RetentionPreviewRequest(RetentionPolicy? Policy = null, Guid? Without = null);

/// <summary>What retention would do now to the backups of one appliance.</summary>
/// <param name="Policies">The names of those that apply.</param>
/// <param name="Backups">Those that succeeded, newest first. Others are not retention's.</param>
public sealed record RetentionPreview(
    Guid ApplianceId,
    string ApplianceName,
    IReadOnlyList<string> Policies,
    int Kept,
    int Going,
    long KeptBytes,
    long GoingBytes,
    IReadOnlyList<RetentionVerdict> Backups);

/// <summary>Whether one backup stays, and why.</summary>
/// <param name="Size">Bytes of the sealed archive.</param>
public sealed record RetentionVerdict(
    Guid BackupId,
    DateTimeOffset Created,
    long Size,
    VerificationState? Verification,
    bool Keep,
    IReadOnlyList<RetentionReason> Reasons);

/// <summary>What retention makes of the controller's clock.</summary>
/// <param name="Now">What the clock of the controller that answers says.</param>
/// <param name="LastSeen">The latest time at which the clock was believed; null before the first.</param>
/// <param name="ToleranceSeconds">How far from that the clock may be.</param>
/// <param name="Trusted">False: nothing is pruned, and no lock ends, until the time is confirmed or the clock is right again.</param>
public sealed record RetentionClockState(DateTimeOffset Now, DateTimeOffset? LastSeen, long ToleranceSeconds, bool Trusted);

/// <summary>The body of <c>POST /retention-policies/clock/confirm</c>.</summary>
/// <param name="Time">What time it is, by a clock that the caller believes.</param>
public sealed record ClockConfirmation([property: JsonRequired] DateTimeOffset Time);

/// <summary>The body of <c>PUT …/hold</c>.</summary>
/// <param name="Reason">Required, 1 to 1,024 characters.</param>
public sealed record HoldRequest(string? Reason);

/// <summary>The body of <c>PUT …/lock</c>.</summary>
/// <param name="Until">Required, in the future; never before the end of a lock that is there.</param>
public sealed record LockRequest(DateTimeOffset? Until);

/// <summary>Keeps a backup until it is released.</summary>
/// <param name="Owner">Who has placed it.</param>
public sealed record BackupHold(string Owner, string Reason, DateTimeOffset Since);

/// <summary>Keeps a backup until a time that only moves on.</summary>
/// <param name="By">Who has set its end.</param>
public sealed record BackupLock(DateTimeOffset Until, string By);
