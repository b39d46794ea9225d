using System.Text.Json;
using System.Threading.Channels;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Notifications;

/// <summary>
/// Takes notifications in. The delivery is added to the context that ends the backup and commits with it (DESIGN section 5,
/// step 10): an end that is visible has its notification stored.
/// </summary>
internal sealed class NotificationOutbox(TimeProvider time)
{
    /// <summary>How long a delivery is tried.</summary>
    public static readonly TimeSpan TriedFor = TimeSpan.FromHours(24);

    private readonly Channel<bool> _wake =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>
    /// Adds the delivery of an ended backup's notification; nothing when it has no <see cref="BackupEntity.NotifyUrl"/>. The
    /// caller's SaveChanges stores it, and <see cref="Wake"/> after the commit has it delivered at once.
    /// </summary>
    /// <param name="backup">With all that its end set: state, result, reason, size, digest, time.</param>
    public void Add(CatalogContext catalog, BackupEntity backup, string applianceName)
    {
        if (backup.NotifyUrl is null)
        {
            return;
        }

        if (backup is not { State: BackupState.Succeeded or BackupState.Failed, Ended: { } ended })
        {
            throw new InvalidOperationException($"Backup {backup.Id} has not ended ({backup.State}): there is nothing to notify of.");
        }

        var succeeded = backup.State == BackupState.Succeeded;
        var now = time.GetUtcNow();
        var notification = new BackupNotification(
            succeeded ? "backup.succeeded" : "backup.failed",
            ended,
            new BackupNotificationData(
                backup.Id,
                backup.ApplianceId,
                applianceName,
                succeeded ? BackupResult.Success : BackupResult.Failure,
                backup.Reason,
                succeeded ? null : backup.Output ?? backup.Message,
                succeeded ? backup.Size : null,
                succeeded && backup.Sha256 is { } sha256 ? Convert.ToHexStringLower(sha256) : null,
                backup.Created,
                ended));
        catalog.Deliveries.Add(new DeliveryEntity
        {
            Id = Guid.CreateVersion7(now),
            BackupId = backup.Id,
            ApplianceId = backup.ApplianceId,
            Url = backup.NotifyUrl,
            Host = new Uri(backup.NotifyUrl).IdnHost,
            Body = JsonSerializer.Serialize(notification, AdminJson.Default.BackupNotification),
            State = DeliveryState.Pending,
            Created = now,
            NextTry = now,
            GiveUp = now + TriedFor,
        });
    }

    /// <summary>
    /// Has this controller's worker look for due deliveries now. A hint, for after the commit: a lost one costs a pause, as every
    /// worker looks by itself, too.
    /// </summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Waits for <see cref="Wake"/>, at most this long.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_wake.Reader.WaitToReadAsync(over.Token).AsTask(), Task.Delay(atMost, time, over.Token));
        await over.CancelAsync();
        _wake.Reader.TryRead(out _);
    }
}
