using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Keys;

/// <summary>
/// Tells of public keys that expire: once when it is soon, and once when it has happened. Who writes into the row that it was told does
/// the telling, in the same transaction: it is told once, however many controllers look.
/// </summary>
internal sealed partial class KeyExpiry(
    IServiceScopeFactory scopes, EventOutbox outbox, IOptions<KeyOptions> options, TimeProvider time, ILogger<KeyExpiry> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            do
            {
                try
                {
                    await LookAsync(stoppingToken);
                }
                catch (Exception exception) when (CatalogErrors.IsOutage(exception))
                {
                    // CatalogReach has told.
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    Log.Failed(logger, exception);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    /// <summary>Tells what is due.</summary>
    /// <returns>Of how many keys.</returns>
    internal async Task<int> LookAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var now = time.GetUtcNow();
        var soon = now + options.Value.ExpiryWarning;
        var keys = await catalog.BackupKeys.AsNoTracking()
            .Where(k => k.Confirmed != null && k.Retired == null && k.Expires <= soon && k.Told < ExpiryTold.Expired)
            .ToListAsync(cancellationToken);
        var told = 0;
        foreach (var key in keys)
        {
            var due = key.Expires <= now ? ExpiryTold.Expired : ExpiryTold.ExpiresSoon;
            if (key.Told < due && await TellAsync(catalog, key, due, cancellationToken))
                told++;
        }

        if (told > 0)
            outbox.Wake();
        return told;
    }

    private async Task<bool> TellAsync(CatalogContext catalog, BackupKeyEntity key, ExpiryTold due, CancellationToken cancellationToken)
    {
        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        var mine = await catalog.BackupKeys
            .Where(k => k.Id == key.Id && k.Told == key.Told && k.Expires == key.Expires && k.Retired == null)
            .ExecuteUpdateAsync(set => set.SetProperty(k => k.Told, due), cancellationToken);
        if (mine == 0)
            return false;

        var what = due == ExpiryTold.Expired
            ? "has expired: new archives are not sealed to it"
            : "expires soon, and new archives will not be sealed to it then";
        var message = $"The backup key {key.Name} ({key.Fingerprint}) {what}. It ends on {key.Expires:u}. Have its owner renew it, and import it "
            + "again: backstay keys add FILE";
        outbox.Add(catalog, EventKind.KeyExpiring, applianceId: null, backupId: null, message);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Log.Expires(logger, message);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Message}")]
        public static partial void Expires(ILogger logger, string message);

        [LoggerMessage(LogLevel.Error, "Looking for keys that expire failed; it is tried again within the hour.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
