namespace Backstay.Controller.Api;

/// <summary>
/// An id in a path. One that isn't a UUID names nothing: it is looked for like any other and not found, in its turn (404 after 401
/// and 403), where a route constraint would answer 404 first.
/// </summary>
internal readonly record struct RouteId(Guid Value)
{
    public static implicit operator Guid(RouteId id) => id.Value;

    public static bool TryParse(string? text, out RouteId id)
    {
        id = new RouteId(Guid.TryParseExact(text, "D", out var value) ? value : Guid.Empty);
        return true;
    }

    public override string ToString() => Value.ToString();
}
