using Backstay.Protocol.Admin;

namespace Backstay.Controller.Catalog;

/// <summary>
/// Something that people want to be told of. Its row commits in the transaction of what it tells of, and is its own outbox: a worker of
/// any controller sends it on later, once.
/// </summary>
internal sealed class EventEntity
{
    public required Guid Id { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required EventKind Kind { get; init; }

    /// <summary>The appliance it is about; it may be gone.</summary>
    public Guid? ApplianceId { get; init; }

    /// <summary>The backup it is about; it may be gone.</summary>
    public Guid? BackupId { get; init; }

    /// <summary>A sentence for people: what is wrong, and what to do.</summary>
    public required string Message { get; init; }

    /// <summary>When it was turned into deliveries, to all who want its kind; null: not yet. Set once, by compare-and-set.</summary>
    public DateTimeOffset? Dispatched { get; init; }
}
