using Backstay.Controller.Catalog;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Verification;

/// <summary>
/// Keeps this controller's share of verifications going: when told that there is one, and every now and then. What is due by age is looked
/// for when nothing else is to be done.
/// </summary>
internal sealed partial class VerificationWorker(
    VerificationRunner runner,
    VerificationHint hint,
    IServiceScopeFactory scopes,
    IOptions<VerificationOptions> options,
    TimeProvider time,
    ILogger<VerificationWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ThinEvery = TimeSpan.FromHours(6);

    private DateTimeOffset _thinned;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WorkAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (CatalogErrors.IsOutage(exception))
            {
                // CatalogReach has told.
            }
            catch (Exception exception)
            {
                Log.Failed(logger, exception);
            }

            await hint.WaitAsync(Pause, stoppingToken);
        }
    }

    /// <summary>Until there is nothing to do.</summary>
    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (await PlanAsync(cancellationToken))
            await Task.WhenAll(Enumerable.Range(0, options.Value.Parallel).Select(_ => VerifyAllAsync(cancellationToken)));
    }

    private async Task VerifyAllAsync(CancellationToken cancellationToken)
    {
        while (await runner.VerifyNextAsync(cancellationToken))
        {
        }
    }

    private async Task<bool> PlanAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var plan = scope.ServiceProvider.GetRequiredService<VerificationPlan>();
        var now = time.GetUtcNow();
        if (now - _thinned >= ThinEvery)
        {
            await plan.ThinAsync(cancellationToken);
            _thinned = now;
        }

        return await plan.QueueDueAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Verification failed; it goes on with the next look.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
