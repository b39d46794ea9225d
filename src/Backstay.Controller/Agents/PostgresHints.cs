using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Backstay.Controller.Agents;

/// <summary>
/// Between controllers on one PostgreSQL: NOTIFY, also where this controller holds a stream of the agent, as that may be dead without
/// having said so and a newer one be elsewhere; LISTEN on a connection of its own, which is made again for as long as it takes when it
/// breaks. What was said meanwhile is lost, and found by <see cref="HintReceiver"/>.
/// </summary>
/// <remarks>A pooler in transaction mode between controller and server swallows LISTEN: give the controllers a direct connection.</remarks>
internal sealed partial class PostgresHints(
    IOptions<CatalogOptions> options,
    IDbContextFactory<CatalogContext> catalogs,
    AgentConnections connections,
    TimeProvider time,
    ILogger<PostgresHints> logger) : IHintChannel
{
    public const string Channel = "backstay_hints";

    private static readonly TimeSpan SendWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    public async Task SendAsync(AgentHint hint)
    {
        connections.Deliver(hint);
        using var within = new CancellationTokenSource(SendWithin, time);
        try
        {
            await using var catalog = await catalogs.CreateDbContextAsync(within.Token);
            var payload = hint.ToString();
            await catalog.Database.ExecuteSqlAsync($"SELECT pg_notify({Channel}, {payload})", within.Token);
        }
        catch (Exception exception)
        {
            // What it speaks of is committed: this must not fail it. Of an outage CatalogReach has told.
            if (!CatalogErrors.IsOutage(exception))
                Log.NotSent(logger, exception);
        }
    }

    public async Task ListenAsync(CancellationToken stoppingToken)
    {
        var pause = Pause;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenOnceAsync(() => pause = Pause, stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                if (!CatalogErrors.IsOutage(exception))
                    Log.NotListening(logger, exception);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Until the connection breaks.</summary>
    private async Task ListenOnceAsync(Action listening, CancellationToken cancellationToken)
    {
        // Not of the pool: it is never given back. Keep-alives find out that the server is gone without saying so.
        var settings = new NpgsqlConnectionStringBuilder(options.Value.Postgres().ConnectionString)
        {
            Pooling = false,
            KeepAlive = 10,
            ApplicationName = "backstay-controller hints",
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        connection.Notification += (_, notification) =>
        {
            // This controller's own come back, too.
            if (AgentHint.Parse(notification.Payload) is { } hint)
                connections.DeliverOnce(hint);
        };
        await connection.OpenAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        listening();
        while (true)
            await connection.WaitAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A hint could not be sent to the other controllers; they find what it speaks of by themselves.")]
        public static partial void NotSent(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "Hints of other controllers aren't heard; the connection is made again, and the catalog asked meanwhile.")]
        public static partial void NotListening(ILogger logger, Exception exception);
    }
}
