using System.Linq.Expressions;

namespace Backstay.Controller.Api;

/// <summary>What a list can be ordered, searched and filtered by.</summary>
internal sealed class ListShape<T>
{
    /// <summary>By the names of <c>orderBy</c>; the first is the default. <c>id</c>, where it is one, breaks ties.</summary>
    public required IReadOnlyDictionary<string, Expression<Func<T, object?>>> Orders { get; init; }

    /// <summary>Whether an item holds a word of <c>query</c>, handed in as a LIKE pattern with <c>\</c> as its escape.</summary>
    public Func<string, Expression<Func<T, bool>>>? Holds { get; init; }

    /// <summary>By the names of <c>filterBy</c>: the condition for a value, or null when the value can't be one.</summary>
    public IReadOnlyDictionary<string, Func<string, Expression<Func<T, bool>>?>> Filters { get; init; } =
        new Dictionary<string, Func<string, Expression<Func<T, bool>>?>>();
}
