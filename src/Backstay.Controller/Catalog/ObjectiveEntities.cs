using Backstay.Protocol.Admin;

namespace Backstay.Controller.Catalog;

/// <summary>An objective as it was saved; see <see cref="BackupObjective"/> for what the fields mean.</summary>
internal sealed class BackupObjectiveEntity
{
    /// <summary>The default objective, in every catalog.</summary>
    public static readonly Guid DefaultId = new("0b57a7de-fa17-4000-8000-000000000002");

    public required Guid Id { get; init; }

    /// <summary>Unique, letter case ignored.</summary>
    public required string Name { get; set; }

    public string? Notes { get; set; }

    /// <summary>Kept as JSON.</summary>
    public required ApplianceSelection Appliances { get; set; }

    public int? GoodWithinHours { get; set; }

    public int? ProvenWithinHours { get; set; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; set; }

    public bool IsDefault => Id == DefaultId;
}

/// <summary>An appliance of which was told that it is overdue. The row is there for as long as that is so.</summary>
internal sealed class OverdueApplianceEntity
{
    public required Guid ApplianceId { get; init; }

    /// <summary>When it became overdue.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it is told again: who moves it on, by compare-and-set, tells.</summary>
    public required DateTimeOffset NextTelling { get; init; }
}

/// <summary>The one row of what the watch over all appliances remembers.</summary>
internal sealed class WatchStateEntity
{
    public const int TheId = 1;

    public int Id { get; init; } = TheId;

    /// <summary>When the next round is due: who moves it on does the round.</summary>
    public DateTimeOffset? NextRound { get; init; }

    /// <summary>When the last round was done to its end, on whichever controller.</summary>
    public DateTimeOffset? LastRound { get; init; }

    /// <summary>When it is told again that the store is nearly full; null: it isn't.</summary>
    public DateTimeOffset? StoreNextTelling { get; init; }

    /// <summary>When the next sign of life is due: who moves it on gives it.</summary>
    public DateTimeOffset? NextSignal { get; init; }
}
