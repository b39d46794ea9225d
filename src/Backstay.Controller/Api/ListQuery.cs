using System.Globalization;
using System.Linq.Expressions;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Api;

/// <summary>The query string that every list takes: <c>query</c>, <c>range=0-10</c>, <c>orderBy</c>, <c>descending</c>, <c>filterBy</c>.</summary>
/// <param name="Query">Words, each of which has to occur in the item.</param>
/// <param name="Range">First and last index, both included; all when left out.</param>
internal sealed record ListQuery(string? Query, string? Range, string? OrderBy, bool? Descending, string[]? FilterBy)
{
    public IReadOnlyList<string> Words { get; } =
        Query?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Orders, counts, cuts the page out and answers in the one form of lists; or 400 for a range or order that isn't one.</summary>
    /// <param name="items">Already filtered by <see cref="Words"/> and the caller's scope.</param>
    /// <param name="orders">What the list can be ordered by; the first is the default.</param>
    /// <param name="toWire">Runs in memory on the page only.</param>
    public async Task<(PagedList<TWire>? List, ApiErrorResult? Error)> PageAsync<T, TWire>(
        IQueryable<T> items,
        IReadOnlyDictionary<string, Expression<Func<T, object?>>> orders,
        Func<T, TWire> toWire,
        CancellationToken cancellationToken)
    {
        var orderBy = string.IsNullOrEmpty(OrderBy) ? orders.Keys.First() : OrderBy;
        if (!orders.TryGetValue(orderBy, out var order))
        {
            return (null, ApiErrors.BadRequest($"orderBy: '{orderBy}' isn't one of {string.Join(", ", orders.Keys)}."));
        }

        if (!TryParseRange(Range, out var first, out var last))
        {
            return (null, ApiErrors.BadRequest($"range: '{Range}' isn't FIRST-LAST with 0 <= FIRST <= LAST."));
        }

        var ordered = Descending is true ? items.OrderByDescending(order) : items.OrderBy(order);
        var total = await items.CountAsync(cancellationToken);
        var count = (int)Math.Min(last - first + 1L, int.MaxValue);
        var page = await ordered.Skip(first).Take(count).ToListAsync(cancellationToken);
        var range = page.Count == 0 ? $"0-0/{total}" : $"{first}-{first + page.Count - 1}/{total}";
        return (
            new PagedList<TWire>([.. page.Select(toWire)], range, orderBy, Descending is true, Words, total, FilterBy ?? []),
            null);
    }

    private static bool TryParseRange(string? range, out int first, out int last)
    {
        (first, last) = (0, int.MaxValue);
        if (string.IsNullOrEmpty(range))
        {
            return true;
        }

        var dash = range.IndexOf('-', StringComparison.Ordinal);
        return dash > 0
            && int.TryParse(range.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out first)
            && int.TryParse(range.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out last)
            && first <= last;
    }
}
