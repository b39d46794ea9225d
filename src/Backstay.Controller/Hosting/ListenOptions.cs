namespace Backstay.Controller.Hosting;

/// <summary>Where the controller listens, and how others reach it.</summary>
internal sealed class ListenOptions
{
    public const string Section = "Listen";

    /// <summary>
    /// Addresses, separated by <c>;</c>: <c>https://ADDRESS:PORT</c> with an IP address, <c>localhost</c> or <c>*</c> (all interfaces).
    /// Plain <c>http</c> is taken on loopback addresses only. Default: <c>https://127.0.0.1:8443</c>.
    /// </summary>
    public string Urls { get; set; } = "https://127.0.0.1:8443";

    /// <summary>
    /// Base URLs that agents reach the controllers by, separated by <c>;</c>, in the order to try: they go into seeds. Default: the one
    /// that the request for the seed came by.
    /// </summary>
    public string PublicUrls { get; set; } = "";

    /// <summary>
    /// Load balancers before this controller: addresses and networks (<c>10.0.0.0/8</c>), separated by <c>;</c>. Of requests that come from
    /// them, <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> say who asks and how, for the sign-in limit, the audit log and seeds. Anyone
    /// named here can pose as any address. Default: none.
    /// </summary>
    public string TrustedProxies { get; set; } = "";

    /// <summary>
    /// Load balancers that pass TLS through: addresses and networks, separated by <c>;</c>. Connections from them have to begin with a PROXY
    /// protocol header of version 2, which says who asks; those of others must not have one. Anyone named here can pose as any address.
    /// Default: none.
    /// </summary>
    public string ProxyProtocolFrom { get; set; } = "";

    /// <summary>
    /// How long <c>/healthz</c> says 503, and all else is answered as before, between being told to stop and closing the door: for balancers
    /// that ask now and then, and don't send what was refused to another controller. 0 to 5 minutes. Default: none.
    /// </summary>
    public TimeSpan DrainPause { get; set; }

    public IReadOnlyList<string> UrlList => Split(Urls);

    public IReadOnlyList<string> PublicUrlList => Split(PublicUrls);

    public IReadOnlyList<string> TrustedProxyList => Split(TrustedProxies);

    public IReadOnlyList<string> ProxyProtocolFromList => Split(ProxyProtocolFrom);

    private static string[] Split(string list) =>
        list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
