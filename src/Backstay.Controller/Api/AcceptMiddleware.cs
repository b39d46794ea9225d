using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace Backstay.Controller.Api;

/// <summary>
/// Refuses an Accept header that names no supported answer with 406, before anything else is looked at: clients send a wrong
/// version on purpose, with an otherwise incomplete request, to learn the range of versions from the refusal.
/// </summary>
internal sealed class AcceptMiddleware(RequestDelegate next)
{
    private const string PeerPrefix = "application/vnd.appgate.peer-v";

    public async Task InvokeAsync(HttpContext context)
    {
        var kinds = context.GetEndpoint()?.Metadata.GetMetadata<AcceptsAnswer>()?.Kinds ?? AcceptKinds.Json;
        if (!context.Request.Path.StartsWithSegments("/admin") || kinds.HasFlag(AcceptKinds.Anything))
        {
            await next(context);
            return;
        }

        if (Negotiate(context.Request.Headers.Accept, kinds) is { } version)
        {
            context.Features.Set<IPeerVersionFeature>(new Negotiated(version));
            await next(context);
            return;
        }

        await ApiErrors.NotAcceptable(kinds).ExecuteAsync(context);
    }

    /// <summary>The version to answer in, or null when none of the ranges can be met.</summary>
    internal static PeerVersion? Negotiate(IList<string?> accept, AcceptKinds kinds)
    {
        if (accept.Count == 0 || accept.All(string.IsNullOrWhiteSpace))
        {
            return PeerVersion.Newest;
        }

        return MediaTypeHeaderValue.TryParseList(accept.OfType<string>().ToList(), out var ranges)
            ? ranges
                .Where(range => range.Quality is not 0)
                .OrderByDescending(range => range.Quality ?? 1)
                .Select(range => Match(range.MediaType.Value ?? "", kinds))
                .FirstOrDefault(version => version is not null)
            : null;
    }

    private static PeerVersion? Match(string mediaType, AcceptKinds kinds)
    {
        switch (mediaType.ToLowerInvariant())
        {
            case "*/*" or "application/*":
            case "application/json" when kinds.HasFlag(AcceptKinds.Json):
            case "application/gpg" or "application/pgp-encrypted" or "application/octet-stream" when kinds.HasFlag(AcceptKinds.Archive):
                return PeerVersion.Newest;
        }

        if (!mediaType.StartsWith(PeerPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var rest = mediaType.AsSpan(PeerPrefix.Length);
        var plus = rest.IndexOf('+');
        var suffix = plus < 0 ? default : rest[(plus + 1)..];
        var known = (suffix.Equals("json", StringComparison.OrdinalIgnoreCase) && kinds.HasFlag(AcceptKinds.Json))
            || (suffix.Equals("gpg", StringComparison.OrdinalIgnoreCase) && kinds.HasFlag(AcceptKinds.Archive));
        return known
            && int.TryParse(rest[..plus], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= PeerVersion.Lowest and <= PeerVersion.Highest
                ? new PeerVersion(number)
                : null;
    }

    private sealed record Negotiated(PeerVersion Version) : IPeerVersionFeature;
}
