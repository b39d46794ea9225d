using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Connection;

/// <summary>
/// Keeps the event stream open, on whichever controller answers, and hands its hints on. Being connected is being online.
/// </summary>
internal sealed partial class ControllerLink(
    AgentClient client, AgentClientAddresses addresses, Guid instance, MachineHealth health, TimeProvider time, ILogger logger)
{
    public static readonly TimeSpan HealthInterval = TimeSpan.FromMinutes(1);

    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), time);

    /// <summary>Something to do, told by a controller. Comes again; must not block.</summary>
    public required Action<Guid> BackupAsked { get; init; }

    /// <summary>A backup that is over.</summary>
    public required Action<Guid> BackupCancelled { get; init; }

    /// <summary>Connected or not, for people.</summary>
    public required Action<string> StatusChanged { get; init; }

    /// <summary>Runs until it is cancelled.</summary>
    /// <exception cref="CredentialRevokedException">The controller doesn't know us (any more).</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var controller = addresses.Current;
            var (reply, events) = await client.OpenEventsAsync(instance, cancellationToken);
            if (reply.Verdict == AgentVerdict.Unauthorized)
                throw new CredentialRevokedException(reply.Message);

            if (events is null)
            {
                StatusChanged($"Not connected: {reply.Message}");
                Log.NotConnected(logger, reply.Message);
            }
            else
            {
                StatusChanged($"Connected to {controller.Authority}");
                Log.Connected(logger, controller.Authority);
                await ListenAsync(events, cancellationToken);
                StatusChanged("Not connected: the event stream has ended");
                Log.Disconnected(logger, controller.Authority);
            }

            await _backoff.WaitAsync(reply.RetryAfter, cancellationToken);
        }
    }

    private async Task ListenAsync(AgentClientEvents events, CancellationToken cancellationToken)
    {
        using var connection = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reporting = ReportHealthAsync(connection.Token);
        using (events)
        {
            await foreach (var item in events.ReadAsync(cancellationToken))
            {
                // Only a stream that says something is a good one; a proxy that accepts and closes isn't tried at full speed.
                _backoff.Reset();
                Handle(item.EventType, item.Data);
            }
        }

        await connection.CancelAsync();
        await reporting;
    }

    private void Handle(string type, string data)
    {
        switch (type)
        {
            case AgentEvents.Backup when Guid.TryParse(data, out var backup):
                BackupAsked(backup);
                break;
            case AgentEvents.Cancel when Guid.TryParse(data, out var backup):
                BackupCancelled(backup);
                break;
            case AgentEvents.Ping:
                break;
            default:
                // A newer controller may say more; hints that we don't know can't be for us.
                Log.UnknownEvent(logger, type);
                break;
        }
    }

    private async Task ReportHealthAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(HealthInterval, time);
        try
        {
            do
            {
                var reply = await client.PostHealthAsync(health.Read(), cancellationToken);
                if (!reply.IsOk)
                    Log.HealthNotTaken(logger, reply.Message);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The stream has ended, and the reports with it.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or KeyNotFoundException)
        {
            Log.HealthUnreadable(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Connected to {Controller}.")]
        public static partial void Connected(ILogger logger, string controller);

        [LoggerMessage(LogLevel.Warning, "The event stream of {Controller} has ended; connecting anew.")]
        public static partial void Disconnected(ILogger logger, string controller);

        [LoggerMessage(LogLevel.Warning, "Not connected: {Reason}")]
        public static partial void NotConnected(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Debug, "An event of type '{Type}' that this agent doesn't know was passed over.")]
        public static partial void UnknownEvent(ILogger logger, string type);

        [LoggerMessage(LogLevel.Debug, "The controller didn't take the report on the machine's health: {Reason}")]
        public static partial void HealthNotTaken(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Warning, "The machine's health can't be read, and isn't reported: {Reason}")]
        public static partial void HealthUnreadable(ILogger logger, string reason);
    }
}
