using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Monitoring;

/// <summary>Lets those read <c>/metrics</c> who may, and has the figures of the catalog fresh for them.</summary>
internal sealed class MetricsGate(RequestDelegate next, IOptions<MetricsOptions> options, FleetMetrics fleet)
{
    private readonly IPNetwork[] _networks = [.. options.Value.AllowedNetworks.Select(network => IPNetwork.Parse(network))];

    public async Task InvokeAsync(HttpContext context)
    {
        if (!await MayAsync(context))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return;
        }

        await fleet.RefreshAsync(context.RequestAborted);
        await next(context);
    }

    private async Task<bool> MayAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (address?.IsIPv4MappedToIPv6 is true)
            address = address.MapToIPv4();
        if (address is not null && _networks.Any(network => network.Contains(address)))
            return true;

        const string scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        if (options.Value.TokenFile is "" || !header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            return false;

        var lines = await File.ReadAllLinesAsync(options.Value.TokenFile, context.RequestAborted);
        var token = lines.FirstOrDefault("").Trim();
        return token.Length > 0 && CryptographicOperations.FixedTimeEquals(Hash(header[scheme.Length..].Trim()), Hash(token));
    }

    /// <summary>So that neither length nor content shows in how long it takes.</summary>
    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
