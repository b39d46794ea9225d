using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Backstay.Controller.Storage;

/// <summary>
/// The store answers whether it has an archive that nobody has. Degraded, not unhealthy: every controller has the same store, and without it
/// they still serve the catalog. Asked once in ten seconds, however often balancers ask us.
/// </summary>
internal sealed partial class StoreHealth(IArchiveStore store, TimeProvider time, ILogger<StoreHealth> logger) : IHealthCheck
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly ArchiveKey Nobodys = new(Guid.Empty, 1);

    private readonly Lock _lock = new();
    private Task<bool> _answer = Task.FromResult(true);
    private DateTimeOffset _asked = DateTimeOffset.MinValue;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        Task<bool> answer;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (now - _asked >= Fresh)
                (_answer, _asked) = (AskAsync(_answer), now);
            answer = _answer;
        }

        return await answer.WaitAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("the store can't be asked");
    }

    private async Task<bool> AskAsync(Task<bool> before)
    {
        var wasThere = await before;
        try
        {
            await store.GetLengthAsync(Nobodys, CancellationToken.None).WaitAsync(Patience, time);
            if (!wasThere)
                Log.Back(logger);
            return true;
        }
        catch (Exception exception) when (exception is ArchiveStoreException or TimeoutException)
        {
            if (wasThere)
                Log.Away(logger, exception);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The archive store can't be asked. Backups fail or wait until it can.")]
        public static partial void Away(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Information, "The archive store can be asked again.")]
        public static partial void Back(ILogger logger);
    }
}
