namespace Backstay.Protocol.Admin;

/// <summary>A page of a list, in the form all lists of the admin API share.</summary>
/// <param name="Data">The items of this page.</param>
/// <param name="Range">Which they are: <c>first-last/total</c>, zero based, both ends included; <c>0-0/0</c> when empty.</param>
/// <param name="OrderBy">The field the list is ordered by.</param>
/// <param name="Descending">Whether the order is turned round.</param>
/// <param name="Queries">The words of <c>query</c>, each of which has to occur.</param>
/// <param name="TotalCount">How many items there are on all pages.</param>
/// <param name="FilterBy">The <c>filterBy</c> conditions in force.</param>
public sealed record PagedList<T>(
    IReadOnlyList<T> Data,
    string Range,
    string OrderBy,
    bool Descending,
    IReadOnlyList<string> Queries,
    int TotalCount,
    IReadOnlyList<string> FilterBy);
