namespace Backstay.Controller.Catalog;

/// <summary>The one row of which store the archives of this catalog are in; none before the first start.</summary>
internal sealed class StoreEntity
{
    public const int TheId = 1;

    public int Id { get; init; } = TheId;

    /// <summary>What lies in the store as its <c>store-id</c>.</summary>
    public required Guid StoreId { get; init; }

    /// <summary>It was seen there. Before that, whoever finds none puts it there.</summary>
    public required bool Marked { get; init; }
}
