namespace Backstay.Controller.Catalog;

/// <summary>
/// The system's clock, to the microsecond: PostgreSQL keeps no more of a time, and what an answer says now is what is read from the catalog later.
/// </summary>
internal sealed class CatalogTime : TimeProvider
{
    public override DateTimeOffset GetUtcNow()
    {
        var now = System.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
