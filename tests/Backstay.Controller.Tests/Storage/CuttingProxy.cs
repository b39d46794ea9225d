using System.Net;
using System.Net.Sockets;

namespace Backstay.Controller.Tests.Storage;

/// <summary>The network before a service: a TCP relay that resets every connection after so many bytes of answers.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Uri _target;
    private readonly Task _accepting;
    private int _cuts;
    private int _bareRefusals;

    public CuttingProxy(Uri target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Bytes from the service that a connection lets through before it is reset.</summary>
    public long CutAfter { get; set; } = long.MaxValue;

    /// <summary>So many connections are answered 400 without a word, as by a service that has lost its place in what is sent.</summary>
    public int BareRefusals { get => _bareRefusals; set => _bareRefusals = value; }

    /// <summary>How many were reset so far.</summary>
    public int Cuts => _cuts;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = RelayAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (OperationCanceledException)
        {
            // disposed
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                if (Interlocked.Decrement(ref _bareRefusals) >= 0)
                {
                    await client.GetStream().ReadAtLeastAsync(new byte[64 * 1024], 1, cancellationToken: _end.Token);
                    await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _end.Token);
                    return;
                }

                await server.ConnectAsync(_target.Host, _target.Port, _end.Token);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(server.GetStream(), _end.Token),
                    AnswerAsync(server.GetStream(), client));
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                // one of the two has gone
            }
        }
    }

    private async Task AnswerAsync(NetworkStream from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        long passed = 0;
        int read;
        while ((read = await from.ReadAsync(buffer, _end.Token)) > 0)
        {
            passed += read;
            if (passed > CutAfter)
            {
                Interlocked.Increment(ref _cuts);
                to.Client.Close(0);
                return;
            }

            await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _end.Token);
        }
    }
}
