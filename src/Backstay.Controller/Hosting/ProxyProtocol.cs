using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

/// <summary>
/// Takes the client's address from balancers that pass TLS through and tell it in front of it (<see cref="ListenOptions.ProxyProtocolFrom"/>).
/// They have to: without the header, their connection is cut. From anyone else it is what it looks like, no TLS.
/// </summary>
internal sealed partial class ProxyProtocol(IOptions<ListenOptions> listen, TimeProvider time, ILogger<ProxyProtocol> logger)
{
    /// <summary>A balancer has the header ready when it connects. Others mustn't hold a connection for nothing.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>One line in that time: a balancer that is set up wrongly opens connections all day.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private DateTimeOffset _said;

    /// <summary>Puts itself before TLS, if anybody is to be believed.</summary>
    /// <exception cref="OptionsValidationException">The options are broken.</exception>
    public void Guard(IConnectionBuilder endpoint)
    {
        IPNetwork[] balancers = [.. listen.Value.ProxyProtocolFromList.Select(ForwardedSetup.NetworkOf).OfType<IPNetwork>()];
        if (balancers is not [])
            endpoint.Use(next => connection => HandleAsync(connection, balancers, next));
    }

    private async Task HandleAsync(ConnectionContext connection, IPNetwork[] balancers, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is IPEndPoint { Address: var address }
            && Array.Exists(balancers, balancer => balancer.Contains(ProxyHeader.Plain(address)))
            && !await TakeAsync(connection))
        {
            connection.Abort();
            return;
        }

        await next(connection);
    }

    /// <returns>False: there was no header, or not in time.</returns>
    private async Task<bool> TakeAsync(ConnectionContext connection)
    {
        var (balancer, input) = (connection.RemoteEndPoint, connection.Transport.Input);
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(patience.Token);
                switch (ProxyHeader.Read(read.Buffer, out var end, out var client))
                {
                    case ProxyHeaderState.Whole:
                        input.AdvanceTo(end);
                        connection.RemoteEndPoint = client ?? connection.RemoteEndPoint;
                        return true;
                    case ProxyHeaderState.Refused:
                        Complain("something else", balancer);
                        return false;
                    case ProxyHeaderState.Incomplete when read.IsCompleted:
                        // One that says nothing at all looks whether the port is open.
                        if (!read.Buffer.IsEmpty)
                            Complain("only the beginning of one", balancer);
                        return false;
                    default:
                        input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                        break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Complain("nothing, or too slowly", balancer);
        }
        catch (Exception exception) when (exception is IOException or ConnectionAbortedException)
        {
            // It was reset.
        }

        return false;
    }

    private void Complain(string what, EndPoint? balancer)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (now - _said < Silence)
                return;

            _said = now;
        }

        Log.Refused(logger, balancer, what);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A connection of {Balancer} was cut: it has to begin with a PROXY protocol header of version 2, and sent "
            + "{What}. Have it send one (HAProxy: send-proxy-v2), or take it out of Listen:ProxyProtocolFrom.")]
        public static partial void Refused(ILogger logger, EndPoint? balancer, string what);
    }
}
