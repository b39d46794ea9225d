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

    public IReadOnlyList<string> UrlList => Split(Urls);

    public IReadOnlyList<string> PublicUrlList => Split(PublicUrls);

    private static string[] Split(string urls) =>
        urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
