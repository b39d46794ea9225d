using System.Globalization;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Api;

/// <summary>The query string that every list takes: <c>query</c>, <c>range=0-10</c>, <c>orderBy</c>, <c>descending</c>, <c>filterBy</c>.</summary>
internal sealed record ListQuery
{
    // Properties, not a primary constructor: the generator of the endpoints' code can't take a constructor with nullable texts.

    /// <summary>Words, each of which has to occur in the item; letter case does not matter.</summary>
    public string? Query { get; init; }

    /// <summary>First and last index, both included; all when left out.</summary>
    public string? Range { get; init; }

    /// <summary>A field's name.</summary>
    public string? OrderBy { get; init; }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public string? Descending { get; init; }

    /// <summary>Conditions <c>field:value</c>, all of which have to hold.</summary>
    [FromQuery]
    public string[]? FilterBy { get; init; }

    /// <summary>How many words and conditions a list takes: each is a term of the database's query.</summary>
    public const int MaxTerms = 16;

    public string[] Words =>
        Query?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>
    /// Searches, filters, orders, counts, cuts the page out and answers in the one form of lists; or 400 that names the parameter.
    /// </summary>
    /// <param name="items">Already cut down to the caller's scope.</param>
    /// <param name="toWire">Runs in memory on the page only.</param>
    public async Task<(PagedList<TWire>? List, ApiErrorResult? Error)> PageAsync<T, TWire>(
        IQueryable<T> items, ListShape<T> shape, Func<T, TWire> toWire, CancellationToken cancellationToken)
    {
        var (cut, error) = Cut(shape.Orders.Keys);
        if (cut is null)
        {
            return (null, error);
        }

        var (matching, filters, wrong) = Matching(items, shape);
        if (matching is null)
        {
            return (null, wrong);
        }

        var order = shape.Orders[cut.OrderBy];
        var ordered = cut.Descending ? matching.OrderByDescending(order) : matching.OrderBy(order);
        if (cut.OrderBy != "id" && shape.Orders.TryGetValue("id", out var id))
        {
            ordered = ordered.ThenBy(id);
        }

        var total = await matching.CountAsync(cancellationToken);
        var page = await ordered.Skip(cut.First).Take(cut.Count).ToListAsync(cancellationToken);
        return (new PagedList<TWire>(
            [.. page.Select(toWire)], cut.RangeOf(page.Count, total), cut.OrderBy, cut.Descending, Words, total, filters), null);
    }

    /// <summary>Searches and filters alone, for lists that the database can't order; or 400 that names the parameter.</summary>
    public (IQueryable<T>? Items, List<string> Filters, ApiErrorResult? Error) Matching<T>(IQueryable<T> items, ListShape<T> shape)
    {
        if (Words.Length > MaxTerms || FilterBy?.Length > MaxTerms)
        {
            return (null, [], ApiErrors.BadRequest($"query, filterBy: at most {MaxTerms} words and {MaxTerms} conditions."));
        }

        if (Words.Concat(FilterBy ?? []).Any(text => text.Contains('\0', StringComparison.Ordinal)))
        {
            return (null, [], ApiErrors.BadRequest("query, filterBy: no text has a NUL character."));
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
                return (null, [], ApiErrors.BadRequest($"filterBy: '{filter}' isn't FIELD:VALUE with a field of: {known}."));
            }

            if (condition(value) is not { } matches)
            {
                return (null, [], ApiErrors.BadRequest($"filterBy: '{value}' can't be a value of {field}."));
            }

            items = items.Where(matches);
        }

        return (items, filters, null);
    }

    /// <summary>Which part of the list is asked for, in which order; or 400 that names the parameter.</summary>
    /// <param name="orders">What it can be ordered by; the first is the default.</param>
    public (ListCut? Cut, ApiErrorResult? Error) Cut(IEnumerable<string> orders)
    {
        var orderBy = string.IsNullOrEmpty(OrderBy) ? orders.First() : OrderBy;
        if (!orders.Contains(orderBy))
        {
            return (null, ApiErrors.BadRequest($"orderBy: '{orderBy}' isn't one of {string.Join(", ", orders)}."));
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

        return (new ListCut(orderBy, descending, first, (int)Math.Min(last - (long)first + 1, int.MaxValue)), null);
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

/// <summary>A part of a list.</summary>
/// <param name="First">Zero based.</param>
/// <param name="Count">At most.</param>
internal sealed record ListCut(string OrderBy, bool Descending, int First, int Count)
{
    /// <summary>What <c>range</c> says in the answer.</summary>
    public string RangeOf(int found, int total) => found == 0 ? $"0-0/{total}" : $"{First}-{First + found - 1}/{total}";
}
