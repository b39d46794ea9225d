using System.Globalization;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Api;

/// <summary>The query string that every list takes: <c>query</c>, <c>range=0-10</c>, <c>orderBy</c>, <c>descending</c>, <c>filterBy</c>.</summary>
/// <param name="Query">Words, each of which has to occur in the item; letter case does not matter.</param>
/// <param name="Range">First and last index, both included; all when left out.</param>
/// <param name="OrderBy">A field's name.</param>
/// <param name="Descending"><c>true</c> or <c>false</c>.</param>
/// <param name="FilterBy">Conditions <c>field:value</c>, all of which have to hold.</param>
internal sealed record ListQuery(string? Query, string? Range, string? OrderBy, string? Descending, [FromQuery] string[]? FilterBy)
{
    /// <summary>How many words and conditions a list takes: each is a term of the database's query.</summary>
    public const int MaxTerms = 16;

    public IReadOnlyList<string> Words { get; } =
        Query?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>
    /// Searches, filters, orders, counts, cuts the page out and answers in the one form of lists; or 400 that names the parameter.
    /// </summary>
    /// <param name="items">Already cut down to the caller's scope.</param>
    /// <param name="toWire">Runs in memory on the page only.</param>
    public async Task<(PagedList<TWire>? List, ApiErrorResult? Error)> PageAsync<T, TWire>(
        IQueryable<T> items, ListShape<T> shape, Func<T, TWire> toWire, CancellationToken cancellationToken)
    {
        var orderBy = string.IsNullOrEmpty(OrderBy) ? shape.Orders.Keys.First() : OrderBy;
        if (!shape.Orders.TryGetValue(orderBy, out var order))
        {
            return (null, ApiErrors.BadRequest($"orderBy: '{orderBy}' isn't one of {string.Join(", ", shape.Orders.Keys)}."));
        }

        if (!TryParseRange(Range, out var first, out var last))
        {
            return (null, ApiErrors.BadRequest($"range: '{Range}' isn't FIRST-LAST with 0 <= FIRST <= LAST."));
        }

        var descending = false;
        if (!string.IsNullOrEmpty(Descending) && !bool.TryParse(Descending, out descending))
        {
            return (null, ApiErrors.BadRequest($"descending: '{Descending}' is neither true nor false."));
        }

        if (Words.Count > MaxTerms || FilterBy?.Length > MaxTerms)
        {
            return (null, ApiErrors.BadRequest($"query, filterBy: at most {MaxTerms} words and {MaxTerms} conditions."));
        }

        if (Words.Concat(FilterBy ?? []).Any(text => text.Contains('\0', StringComparison.Ordinal)))
        {
            return (null, ApiErrors.BadRequest("query, filterBy: no text has a NUL character."));
        }

        if (shape.Holds is { } holds)
        {
            items = Words.Aggregate(items, (matching, word) => matching.Where(holds(Pattern(word))));
        }

        var filters = FilterBy?.Where(filter => filter.Length > 0).ToList() ?? [];
        foreach (var filter in filters)
        {
            var (field, value) = Split(filter);
            if (value is null || !shape.Filters.TryGetValue(field, out var condition))
            {
                var known = shape.Filters.Count > 0 ? string.Join(", ", shape.Filters.Keys) : "none for this list";
                return (null, ApiErrors.BadRequest($"filterBy: '{filter}' isn't FIELD:VALUE with a field of: {known}."));
            }

            if (condition(value) is not { } matches)
            {
                return (null, ApiErrors.BadRequest($"filterBy: '{value}' can't be a value of {field}."));
            }

            items = items.Where(matches);
        }

        var ordered = descending ? items.OrderByDescending(order) : items.OrderBy(order);
        if (orderBy != "id" && shape.Orders.TryGetValue("id", out var id))
        {
            ordered = ordered.ThenBy(id);
        }

        var total = await items.CountAsync(cancellationToken);
        var count = (int)Math.Min(last - (long)first + 1, int.MaxValue);
        var page = await ordered.Skip(first).Take(count).ToListAsync(cancellationToken);
        var range = page.Count == 0 ? $"0-0/{total}" : $"{first}-{first + page.Count - 1}/{total}";
        return (new PagedList<TWire>([.. page.Select(toWire)], range, orderBy, descending, Words, total, filters), null);
    }

    /// <summary>The LIKE pattern for "occurs somewhere"; the wildcards in the word are only characters.</summary>
    internal static string Pattern(string word) =>
        "%" + word
            .Replace(@"\", @"\\", StringComparison.Ordinal)
            .Replace("%", @"\%", StringComparison.Ordinal)
            .Replace("_", @"\_", StringComparison.Ordinal) + "%";

    internal static bool TryParseRange(string? range, out int first, out int last)
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

    private static (string Field, string? Value) Split(string filter)
    {
        var colon = filter.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (filter, null) : (filter[..colon], filter[(colon + 1)..]);
    }
}
