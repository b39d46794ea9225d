using System.Net;
using System.Net.Sockets;

namespace Backstay.TestServers;

/// <summary>
/// The network between two programs: a TCP relay on loopback that can be cut and joined, stalled and let flow again. With several
/// targets it is a balancer: each connection goes to the next one that takes it.
/// </summary>
public sealed class Relay : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int[] _targets;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private CancellationTokenSource _cut = new();
    private volatile TaskCompletionSource? _stall;
    private volatile bool _down;
    private long _allowance = long.MaxValue;
    private int _next = -1;

    /// <param name="targets">Ports on loopback, at least one.</param>
    public Relay(params int[] targets)
    {
        ArgumentOutOfRangeException.ThrowIfZero(targets.Length);
        _targets = targets;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Resets every connection; new ones are taken and reset at once, until <see cref="Join"/>.</summary>
    public void Cut()
    {
        _down = true;
        Interlocked.Exchange(ref _cut, new CancellationTokenSource()).Cancel();
    }

    /// <summary>Cuts by itself as soon as this many more bytes have passed, in whichever direction.</summary>
    public void CutAfter(long bytes) => Interlocked.Exchange(ref _allowance, bytes);

    public void Join()
    {
        Interlocked.Exchange(ref _allowance, long.MaxValue);
        _down = false;
    }

    /// <summary>Connections stay, and nothing moves on them, until <see cref="Flow"/>. Bytes wait; none are lost.</summary>
    public void Stall() => _stall = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Flow()
    {
        var stall = _stall;
        _stall = null;
        stall?.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Cut();
        _listener.Stop();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                _ = RelayAsync(client, Volatile.Read(ref _cut).Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The relay ends.
        }
    }

    private async Task RelayAsync(Socket client, CancellationToken cut)
    {
        Socket? server = null;
        try
        {
            if (_down || (server = await ConnectAsync(cut)) is null)
                return;

            client.NoDelay = true;
            await Task.WhenAll(PumpAsync(client, server, cut), PumpAsync(server, client, cut));
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side is gone, or the network is: both hear of it.
        }
        finally
        {
            client.Close(0);
            server?.Close(0);
        }
    }

    private async Task<Socket?> ConnectAsync(CancellationToken cut)
    {
        for (var i = 0; i < _targets.Length; i++)
        {
            var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                var target = _targets[(uint)Interlocked.Increment(ref _next) % (uint)_targets.Length];
                await server.ConnectAsync(IPAddress.Loopback, target, cut);
                return server;
            }
            catch (SocketException)
            {
                server.Dispose();
            }
        }

        return null;
    }

    private async Task PumpAsync(Socket from, Socket to, CancellationToken cut)
    {
        var buffer = new byte[BufferSize];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, cut)) > 0)
            {
                if (_stall is { } stall)
                    await stall.Task.WaitAsync(cut);
                for (var sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), cut);
                if (Interlocked.Add(ref _allowance, -read) <= 0)
                    Cut();
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // The other direction must not wait for a side that is gone.
            from.Close(0);
            to.Close(0);
            throw;
        }
    }
}
