using Backstay.Protocol.Admin;

namespace Backstay.Controller.Catalog;

/// <summary>
/// One notification to one URL. Its row commits in the transaction that ends the backup, or that takes the event out of its outbox: an end
/// that is visible has its notification stored.
/// </summary>
internal sealed class DeliveryEntity
{
    /// <summary>The <c>webhook-id</c>: the same for every try, so that a receiver can tell a repeat.</summary>
    public required Guid Id { get; init; }

    /// <summary><see cref="Guid.Empty"/> for an event that is about none: the release before events reads no null here.</summary>
    public required Guid BackupId { get; init; }

    /// <summary><see cref="Guid.Empty"/> for an event that is about none.</summary>
    public required Guid ApplianceId { get; init; }

    /// <summary>The event that it tells of; of mail about several the first. Null: the end of a backup.</summary>
    public Guid? EventId { get; init; }

    /// <summary>Of mail: <c>mailto:</c> and its recipients.</summary>
    public required string Url { get; init; }

    /// <summary>The host in <see cref="Url"/>, or the mail server: tries are limited by it.</summary>
    public required string Host { get; init; }

    /// <summary>The body as it is sent and signed, UTF-8 JSON. Of mail: the subject on the first line, and the text below it.</summary>
    public required string Body { get; init; }

    public required DeliveryState State { get; set; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Due from here on; also the end of a controller's claim while it tries.</summary>
    public required DateTimeOffset NextTry { get; set; }

    /// <summary>The claim of the controller that tries now. Only who holds it writes the outcome; a replay takes it away.</summary>
    public Guid? Claim { get; set; }

    /// <summary>No more tries after this.</summary>
    public required DateTimeOffset GiveUp { get; set; }

    public DateTimeOffset? Delivered { get; set; }

    /// <summary>Claims since it was made or replayed; pauses grow with it.</summary>
    public int Attempts { get; set; }

    public List<DeliveryTryEntity> Tries { get; init; } = [];
}

/// <summary>One try of a delivery.</summary>
internal sealed class DeliveryTryEntity
{
    public long Id { get; init; }

    public required Guid DeliveryId { get; init; }

    public required DateTimeOffset Time { get; init; }

    public int? StatusCode { get; init; }

    public string? Error { get; init; }

    public required long Milliseconds { get; init; }
}
