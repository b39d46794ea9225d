using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>The state of one notification to one URL.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<DeliveryState>))]
public enum DeliveryState
{
    /// <summary>Not answered 2xx yet; tried again at <see cref="Delivery.NextTry"/>.</summary>
    Pending,
    Delivered,
    /// <summary>No 2xx within 24 hours of tries; can be replayed.</summary>
    GivenUp,
}

/// <summary>One notification to one URL, with its tries.</summary>
/// <param name="BackupId">The backup that it tells of; empty when it tells of an event that is about none.</param>
/// <param name="ApplianceId">The appliance; empty when it tells of an event that is about none.</param>
/// <param name="Url">Of mail: <c>mailto:</c> and its recipients.</param>
/// <param name="EventId">The event that it tells of; of mail about several the first. Null: the end of a backup.</param>
public sealed record Delivery(
    Guid Id,
    Guid BackupId,
    Guid ApplianceId,
    string Url,
    DeliveryState State,
    DateTimeOffset Created,
    DateTimeOffset? NextTry,
    DateTimeOffset? Delivered,
    IReadOnlyList<DeliveryTry> Tries,
    Guid? EventId = null);

/// <summary>One try.</summary>
/// <param name="StatusCode">What the other side answered; null when there was no answer.</param>
/// <param name="Error">Why there was none, or why the address was refused.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record DeliveryTry(DateTimeOffset Time, int? StatusCode, string? Error, long Milliseconds);

/// <summary>The body that a <c>notifyUrl</c> gets, for success and for failure.</summary>
/// <param name="Type"><c>backup.succeeded</c> or <c>backup.failed</c>.</param>
public sealed record BackupNotification(
    string Type,
    DateTimeOffset Timestamp,
    BackupNotificationData Data);

/// <summary>What ended, how, and what it left.</summary>
public sealed record BackupNotificationData(
    Guid BackupId,
    Guid ApplianceId,
    string ApplianceName,
    BackupResult Result,
    FailureReason? Reason,
    string? Message,
    long? Size,
    string? Sha256,
    DateTimeOffset Created,
    DateTimeOffset Ended);

/// <summary>The secret that notifications are signed with (Standard Webhooks: <c>whsec_</c> and base64).</summary>
/// <param name="Previous">After a rotation: the old one, which signs too until <paramref name="PreviousUntil"/>.</param>
public sealed record WebhookSecret(string Secret, string? Previous = null, DateTimeOffset? PreviousUntil = null);
