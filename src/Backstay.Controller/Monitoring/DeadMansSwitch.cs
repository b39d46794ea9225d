using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Monitoring;

/// <summary>
/// Calls a URL while all is well, on one of all controllers each time: who finds all well and moves the time of the next call on, by
/// compare-and-set, makes it. A controller that isn't well leaves it to the others.
/// </summary>
internal sealed partial class DeadMansSwitch : BackgroundService
{
    private readonly IDbContextFactory<CatalogContext> _catalogs;
    private readonly WellBeing _being;
    private readonly DeadMansSwitchOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<DeadMansSwitch> _logger;
    private readonly HttpClient _http;
    private string? _fault;

    public DeadMansSwitch(
        IDbContextFactory<CatalogContext> catalogs,
        WellBeing being,
        CheckedConnection connection,
        IOptions<DeadMansSwitchOptions> options,
        TimeProvider time,
        ILogger<DeadMansSwitch> logger)
    {
        (_catalogs, _being, _options, _time, _logger) = (catalogs, being, options.Value, time, logger);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = connection.OpenAsync,
            ConnectTimeout = WebhookSender.ConnectTimeout,
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
        })
        {
            Timeout = WebhookSender.TryTimeout,
        };
    }

    /// <summary>Oftener than a call is due: the controller that made the last one may be gone.</summary>
    private TimeSpan Pause => _options.Interval / 4;

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_options.IsOn)
            return;

        using var timer = new PeriodicTimer(Pause, _time);
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
                catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
                {
                    Log.Failed(_logger, exception.GetBaseException().Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    /// <summary>Calls if it is time to, and all is well.</summary>
    /// <returns>Whether the call was made and answered 2xx.</returns>
    internal async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        await using var catalog = await _catalogs.CreateDbContextAsync(cancellationToken);
        var now = _time.GetUtcNow();
        var next = now + _options.Interval;

        // A next call further away than any clock sets it was set by a clock that was ahead.
        var absurd = next + _options.Interval;
        var due = catalog.WatchState.Where(s => s.NextSignal == null || s.NextSignal <= now || s.NextSignal > absurd);
        if (!await due.AnyAsync(cancellationToken))
            return false;

        Tell(await _being.FaultAsync(cancellationToken));
        if (_fault is not null || await due.ExecuteUpdateAsync(set => set.SetProperty(s => s.NextSignal, next), cancellationToken) == 0)
            return false;

        try
        {
            using var response = await _http.GetAsync(_options.Url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
                return true;
            Log.NotTaken(_logger, (int)response.StatusCode);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(_logger, exception.GetBaseException().Message);
        }

        // Before the alarm is raised, another try.
        var again = now + Pause;
        await catalog.WatchState.ExecuteUpdateAsync(set => set.SetProperty(s => s.NextSignal, again), cancellationToken);
        return false;
    }

    private void Tell(string? fault)
    {
        if (fault is not null && _fault is null)
            Log.NotWell(_logger, fault);
        if (fault is null && _fault is not null)
            Log.Well(_logger);
        _fault = fault;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The sign of life (DeadMansSwitch:Url) isn't given by this controller. {Fault}")]
        public static partial void NotWell(ILogger logger, string fault);

        [LoggerMessage(LogLevel.Information, "The sign of life is given again.")]
        public static partial void Well(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "The sign of life was answered {Status}; it is tried again soon.")]
        public static partial void NotTaken(ILogger logger, int status);

        [LoggerMessage(LogLevel.Warning, "The sign of life could not be given: {Reason} It is tried again soon.")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
