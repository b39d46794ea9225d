using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Backstay.TestServers;

/// <summary>Ports for servers that are stopped and started again.</summary>
public static class FreePort
{
    /// <summary>
    /// A port on loopback that nobody listens on, and none of those that the system gives to outgoing connections: it has to be free
    /// after a stop, too.
    /// </summary>
    public static int Next()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(15_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // taken; another
            }
        }
    }
}
