using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Notifications;

/// <summary>What the tests of this folder do with a controller.</summary>
internal static class Notifying
{
    /// <summary>Settings that let a receiver on loopback be notified.</summary>
    public static readonly IReadOnlyDictionary<string, string?> LoopbackAllowed =
        new Dictionary<string, string?> { ["Notifications:AllowedNetworks:0"] = "127.0.0.1/32" };

    /// <summary>A backup that ended now, stored with its notification the way the end of a backup does it.</summary>
    public static async Task<DeliveryEntity> EndBackupAsync(
        this ControllerHost host, string? url, bool succeeded = true, string? tag = null, bool wake = true)
    {
        var outbox = host.Services.GetRequiredService<NotificationOutbox>();
        var time = host.Services.GetRequiredService<TimeProvider>();
        var delivery = await host.CatalogAsync(async catalog =>
        {
            var appliance = NewAppliance(time, tag);
            var backup = NewBackup(appliance, url, succeeded, time);
            catalog.AddRange(appliance, backup);
            outbox.Add(catalog, backup, appliance.Name);
            await catalog.SaveChangesAsync();
            return catalog.Deliveries.Local.SingleOrDefault();
        });
        if (wake)
        {
            outbox.Wake();
        }

        return delivery!;
    }

    public static ApplianceEntity NewAppliance(TimeProvider time, string? tag = null) => new()
    {
        Id = Guid.NewGuid(),
        Name = $"gateway-{Guid.NewGuid()}",
        Tags = tag is null ? [] : [tag],
        Created = time.GetUtcNow(),
        Updated = time.GetUtcNow(),
    };

    public static BackupEntity NewBackup(ApplianceEntity appliance, string? url, bool succeeded, TimeProvider time) => new()
    {
        Id = Guid.NewGuid(),
        ApplianceId = appliance.Id,
        State = succeeded ? BackupState.Succeeded : BackupState.Failed,
        Logs = false,
        Audit = false,
        NotifyUrl = url,
        RequestedBy = "admin",
        Created = time.GetUtcNow().AddMinutes(-1),
        Ended = time.GetUtcNow(),
        LeaseUntil = time.GetUtcNow(),
        Deadline = time.GetUtcNow(),
        Envelope = [],
        Size = succeeded ? 1234 : null,
        Sha256 = succeeded ? [.. Enumerable.Repeat((byte)0xab, 32)] : null,
        Reason = succeeded ? null : FailureReason.SourceFailed,
        Output = succeeded ? null : "pg_dump: no such database \"crm\"",
    };

    public static Task<DeliveryEntity> DeliveryAsync(this ControllerHost host, Guid id) => host.CatalogAsync(catalog =>
        catalog.Deliveries.Include(d => d.Tries.OrderBy(t => t.Id)).AsNoTracking().SingleAsync(d => d.Id == id));

    /// <summary>Waits, in real time, until the delivery is what the test expects.</summary>
    public static async Task<DeliveryEntity> UntilAsync(this ControllerHost host, Guid id, Func<DeliveryEntity, bool> expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var delivery = await host.DeliveryAsync(id);
        while (!expected(delivery))
        {
            Assert.False(limit.IsCancellationRequested, $"The delivery stays {delivery.State} after {delivery.Tries.Count} tries.");
            await Task.Delay(20);
            delivery = await host.DeliveryAsync(id);
        }

        return delivery;
    }

    public static Task<DeliveryEntity> UntilTriedAsync(this ControllerHost host, Guid id, int tries) =>
        host.UntilAsync(id, d => d.Tries.Count >= tries && d.Claim is null);

    /// <summary>The secret as an admin reads it.</summary>
    public static Task<WebhookSecret> SecretAsync(this ControllerHost host) => host.CatalogAsync(catalog =>
        host.Services.GetRequiredService<WebhookSecrets>().ReadAsync(catalog, CancellationToken.None));

    public static void Wake(this ControllerHost host) => host.Services.GetRequiredService<NotificationOutbox>().Wake();
}
