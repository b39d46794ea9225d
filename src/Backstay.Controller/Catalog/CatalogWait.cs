using Backstay.Controller.Hosting;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Catalog;

/// <summary>
/// Lets a controller that starts wait for its catalog: after a power cut the database may come up later than we do. What the database
/// refuses stays a failure at once, as waiting would not mend it.
/// </summary>
internal sealed partial class CatalogWait(CatalogStart start, IOptions<CatalogOptions> options, TimeProvider time, ILogger<CatalogWait> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>As <see cref="CatalogStart.EnterAsync"/>, as soon as the catalog can be reached.</summary>
    /// <exception cref="StartupException">It refuses, or can't be reached for <see cref="CatalogOptions.StartWithin"/>.</exception>
    public async Task<IAsyncDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        var (began, pause) = (time.GetTimestamp(), FirstPause);
        while (true)
        {
            try
            {
                return await start.EnterAsync(cancellationToken);
            }
            catch (StartupException exception)
                when (exception.InnerException is { } cause && CatalogErrors.IsAway(cause) && time.GetElapsedTime(began) < options.Value.StartWithin)
            {
                if (pause == FirstPause)
                    Log.Waiting(logger, exception.Message, options.Value.StartWithin);
            }

            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Reason} Nothing is served yet; it is tried again, for {Time} at most (Catalog:StartWithin).")]
        public static partial void Waiting(ILogger logger, string reason, TimeSpan time);
    }
}
