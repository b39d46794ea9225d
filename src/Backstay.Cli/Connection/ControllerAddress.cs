using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Connection;

/// <summary>How people write the address of a controller: <c>host</c>, <c>host:port</c> or a URL. Port 8443 when none is given.</summary>
internal static class ControllerAddress
{
    private const int DefaultPort = 8443;

    public static Uri Parse(string text)
    {
        var hasScheme = text.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(hasScheme ? text : $"https://{text}", UriKind.Absolute, out var uri) || uri.Host.Length == 0)
            throw CliException.Usage($"'{text}' is not the address of a controller. Write it like https://backup.example.com:8443");
        var isSafe = uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback);
        if (!isSafe)
            throw CliException.Usage($"'{text}' is refused: passwords and tokens go over https only.");
        if (uri.AbsolutePath != "/" || uri.Query.Length > 0 || uri.UserInfo.Length > 0)
            throw CliException.Usage($"'{text}' has more than a host and a port. Write it like https://backup.example.com:8443");
        var hasPort = !uri.IsDefaultPort || text.TrimEnd('/').EndsWith($":{uri.Port}", StringComparison.Ordinal);
        return hasPort ? uri : new UriBuilder(uri) { Port = DefaultPort }.Uri;
    }

    /// <summary>The one spelling by which a controller is remembered, without the last slash.</summary>
    public static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
