using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>What an event tells of. The numbers are stored; the words are noun and fact: <c>backup.failed</c>, <c>store.nearly-full</c>.</summary>
[JsonConverter(typeof(DottedEnumConverter<EventKind>))]
public enum EventKind
{
    /// <summary>A backup ended badly.</summary>
    BackupFailed = 1,

    /// <summary>The newest good or proven backup of an appliance is older than its objective. Told again daily while it is so.</summary>
    BackupOverdue = 2,

    /// <summary>An appliance that was overdue is no more.</summary>
    BackupRecovered = 3,

    /// <summary>The stored bytes of a backup aren't those that were sealed, are gone, or don't give back what was backed up.</summary>
    BackupDamaged = 4,

    /// <summary>A verification of a backup didn't pass.</summary>
    VerificationFailed = 5,

    /// <summary>A run of a schedule didn't begin within its window.</summary>
    ScheduleMissed = 6,

    /// <summary>A public key that archives are sealed to expires soon, or has expired.</summary>
    KeyExpiring = 7,

    /// <summary>The store has little room left.</summary>
    StoreNearlyFull = 8,
}
