using Backstay.Protocol.Admin;

namespace Backstay.Controller.Catalog;

/// <summary>A policy as it was saved; see <see cref="RetentionPolicy"/> for what the fields mean.</summary>
internal sealed class RetentionPolicyEntity
{
    /// <summary>The default policy, in every catalog.</summary>
    public static readonly Guid DefaultId = new("0b57a7de-fa17-4000-8000-000000000001");

    public required Guid Id { get; init; }

    /// <summary>Unique, letter case ignored.</summary>
    public required string Name { get; set; }

    public string? Notes { get; set; }

    /// <summary>Kept as JSON.</summary>
    public required ApplianceSelection Appliances { get; set; }

    public int? KeepLast { get; set; }

    public int? KeepHourly { get; set; }

    public int? KeepDaily { get; set; }

    public int? KeepWeekly { get; set; }

    public int? KeepMonthly { get; set; }

    public int? KeepYearly { get; set; }

    public int? KeepWithinDays { get; set; }

    public int? MaxAgeDays { get; set; }

    /// <summary>An IANA name.</summary>
    public required string TimeZone { get; set; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; set; }

    /// <summary>Made by no person, over backups that were there already: it keeps everything until somebody saves it.</summary>
    public bool AwaitsConfirmation { get; set; }

    public bool IsDefault => Id == DefaultId;
}

/// <summary>The one row of what retention remembers.</summary>
internal sealed class RetentionStateEntity
{
    public const int TheId = 1;

    public int Id { get; init; } = TheId;

    /// <summary>The latest time at which a controller's clock was believed. Never moves back, but for an administrator's confirmation.</summary>
    public DateTimeOffset? LastSeen { get; set; }

    /// <summary>When the next round is due: who moves it on does the round.</summary>
    public DateTimeOffset? NextRound { get; set; }

    /// <summary>When it is told again that a clock isn't believed; null: it was never told, or the time was confirmed since.</summary>
    public DateTimeOffset? NextTelling { get; set; }
}
