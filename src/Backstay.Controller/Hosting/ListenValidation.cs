using System.Net;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

/// <summary>Checks the addresses before anything is bound, all of them at once.</summary>
internal sealed class ListenValidation : IValidateOptions<ListenOptions>
{
    public ValidateOptionsResult Validate(string? name, ListenOptions options)
    {
        var failures = new List<string>();
        if (options.UrlList.Count == 0)
        {
            failures.Add("Listen:Urls is empty; give at least one address, like https://127.0.0.1:8443.");
        }

        failures.AddRange(options.UrlList.Select(Check).OfType<string>());
        failures.AddRange(options.PublicUrlList
            .Where(url => !Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps || uri.PathAndQuery != "/")
            .Select(url => $"Listen:PublicUrls: '{url}' isn't https://HOST[:PORT]."));
        failures.AddRange(Unknown(options.TrustedProxyList, nameof(ListenOptions.TrustedProxies)));
        failures.AddRange(Unknown(options.ProxyProtocolFromList, nameof(ListenOptions.ProxyProtocolFrom)));
        if (options.DrainPause < TimeSpan.Zero || options.DrainPause > TimeSpan.FromMinutes(5))
        {
            failures.Add($"Listen:DrainPause: {options.DrainPause} isn't between 0 and 00:05:00.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>The address of a checked URL; null is all interfaces, <c>localhost</c> its two loopback addresses.</summary>
    public static IPAddress? AddressOf(BindingAddress url) =>
        url.Host is "*" or "+" ? null
        : url.Host == "localhost" ? IPAddress.Loopback
        : IPAddress.Parse(url.Host.Trim('[', ']'));

    private static IEnumerable<string> Unknown(IReadOnlyList<string> peers, string option) => peers
        .Where(peer => ForwardedSetup.NetworkOf(peer) is null)
        .Select(peer => $"{ListenOptions.Section}:{option}: '{peer}' is neither an IP address nor a network like 10.0.0.0/8.");

    private static string? Check(string text)
    {
        BindingAddress url;
        try
        {
            url = BindingAddress.Parse(text);
        }
        catch (FormatException)
        {
            return $"Listen:Urls: '{text}' isn't https://ADDRESS:PORT.";
        }

        if (url.Scheme is not ("http" or "https") || url.PathBase.Length > 0 || url.IsUnixPipe || url.IsNamedPipe)
        {
            return $"Listen:Urls: '{text}' isn't https://ADDRESS:PORT.";
        }

        if (url.Host is not ("*" or "+" or "localhost") && !IPAddress.TryParse(url.Host.Trim('[', ']'), out _))
        {
            return $"Listen:Urls: '{url.Host}' isn't an IP address, localhost or *.";
        }

        if (url.Port is < 0 or > IPEndPoint.MaxPort)
        {
            return $"Listen:Urls: {url.Port} isn't a port.";
        }

        return url.Scheme == "http" && !(AddressOf(url) is { } address && IPAddress.IsLoopback(address))
            ? $"Listen:Urls: '{text}' would carry passwords in clear; plain http is taken on loopback addresses only."
            : null;
    }
}
