using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Backstay.Controller.Retention;

/// <summary>The clock that retention goes by, and the word of an administrator for it.</summary>
internal static class RetentionClockApi
{
    /// <summary>How far a time that somebody confirms may be from what this controller's clock says.</summary>
    private static readonly TimeSpan Near = TimeSpan.FromMinutes(5);

    public static async Task<Ok<RetentionClockState>> GetAsync(RetentionClock clock, CancellationToken cancellationToken) =>
        TypedResults.Ok(ToWire(await clock.ReadAsync(cancellationToken)));

    public static async Task<Results<Ok<RetentionClockState>, ApiErrorResult>> ConfirmAsync(
        HttpRequest request, CatalogContext catalog, RetentionClock clock, RetentionHealth health, AuditTrail audit, CancellationToken cancellationToken)
    {
        var (confirmation, error) = await RequestBody.ReadAsync(request, AdminJson.Default.ClockConfirmation, cancellationToken);
        if (confirmation is null)
            return error!;

        var before = await clock.ReadAsync(cancellationToken);
        if ((confirmation.Time - before.Now).Duration() > Near)
        {
            return ApiErrors.PreconditionFailed(
                ErrorIds.ClockDiffers,
                $"This controller's clock says {Protection.Rfc3339(before.Now)}, which is more than {Near.TotalMinutes} minutes from the time that you "
                + "confirm. Set the clock of its machine right, then confirm again.");
        }

        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        await clock.ConfirmAsync(before.Now, cancellationToken);
        audit.Add(
            "retention-clock.confirm",
            Protection.Rfc3339(before.Now),
            before.Witness is { } witness ? $"the last time that was believed was {Protection.Rfc3339(witness)}" : null);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        var after = await clock.ReadAsync(cancellationToken);
        health.Judge(after);
        return TypedResults.Ok(ToWire(after));
    }

    private static RetentionClockState ToWire(ClockReading reading) =>
        new(reading.Now, reading.Witness, (long)reading.Tolerance.TotalSeconds, reading.Trusted);
}
