using System.Net;
using System.Net.Sockets;

namespace Backstay.Controller.Notifications;

/// <summary>Turns a name into its addresses.</summary>
internal delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellationToken);

/// <summary>
/// Opens the connection of a notification. It resolves the name itself and connects to the very addresses that it checked: between
/// the check and the connection there is no second look-up for a DNS server to answer differently.
/// </summary>
internal sealed class CheckedConnection(AddressPolicy policy, HostResolver resolve)
{
    /// <summary>More addresses than this aren't tried.</summary>
    private const int MaxAddresses = 8;

    /// <exception cref="RefusedAddressException">One of the addresses is refused: then none is connected to.</exception>
    public async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
        foreach (var address in addresses)
        {
            if (policy.Refusal(address) is { } kind)
            {
                throw new RefusedAddressException($"{host} is {address}, an address that isn't notified ({kind}).");
            }
        }

        addresses = [.. addresses.Take(MaxAddresses)];
        SocketException? last = null;
        for (var left = addresses.Length; left > 0; left--)
        {
            // An address that swallows packets must not use up the time of those behind it; the last one has all that is left.
            using var share = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            share.CancelAfter(left == 1 ? Timeout.InfiniteTimeSpan : WebhookSender.ConnectTimeout / MaxAddresses);
            var address = addresses[^left];
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), share.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException exception)
            {
                socket.Dispose();
                last = exception;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }
}

/// <summary>The only way to say no out of a connect callback.</summary>
internal sealed class RefusedAddressException(string message) : Exception(message);
