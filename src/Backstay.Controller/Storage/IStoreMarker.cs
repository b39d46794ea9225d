namespace Backstay.Controller.Storage;

/// <summary>
/// The id that lies in a store, among its archives, so that whatever copies these takes it along. By it a controller tells its store from
/// an empty folder that nothing is mounted on, and from another bucket. Failures are <see cref="ArchiveStoreException"/>.
/// </summary>
internal interface IStoreMarker
{
    /// <summary>The id; null when there is none, as in a store that no controller has used yet.</summary>
    Task<Guid?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Puts an id there, in the place of the one that was there; when this returns, it outlives a power cut.</summary>
    Task WriteAsync(Guid id, CancellationToken cancellationToken);
}

/// <summary>How an id is written: a line of text.</summary>
internal static class StoreMarker
{
    public const string Name = "store-id";

    public static string ToText(Guid id) => $"{id:D}\n";

    /// <exception cref="ArchiveStoreException">It isn't an id.</exception>
    public static Guid Parse(string text) => Guid.TryParseExact(text.Trim(), "D", out var id)
        ? id
        : throw new ArchiveStoreException(
            StoreFault.Unavailable, $"{Name} in the store isn't an id. Put the one back that was there, or delete it and run: backstay-controller store adopt");
}
