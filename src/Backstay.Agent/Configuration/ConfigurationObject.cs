using System.Text.Json;

namespace Backstay.Agent.Configuration;

/// <summary>
/// An object of the configuration file while it is read: hands out values by key, and notes every mistake with its path
/// (<c>state[1].postgresql.port</c>) where a serializer would stop at the first.
/// </summary>
internal sealed class ConfigurationObject
{
    private readonly JsonElement _element;
    private readonly List<string> _mistakes;
    private readonly HashSet<string> _known = [];

    private ConfigurationObject(JsonElement element, string path, List<string> mistakes)
    {
        _element = element;
        Path = path;
        _mistakes = mistakes;
    }

    /// <summary>Empty for the whole file.</summary>
    public string Path { get; }

    /// <returns>Null, and a mistake, if it isn't an object.</returns>
    public static ConfigurationObject? From(JsonElement element, string path, List<string> mistakes)
    {
        if (element.ValueKind == JsonValueKind.Object)
            return new ConfigurationObject(element, path, mistakes);

        mistakes.Add($"{(path.Length == 0 ? "the file" : path)}: expected an object {{ … }}, found {Describe(element)}.");
        return null;
    }

    public bool Has(string key) => _element.TryGetProperty(key, out _);

    public void Mistake(string key, string message) => _mistakes.Add($"{PathOf(key)}: {message}");

    public void Mistake(string message) => _mistakes.Add($"{Path}: {message}");

    /// <summary>Null if absent, <c>null</c> or wrong.</summary>
    public string? Text(string key)
    {
        if (Value(key) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && !text.Contains('\0'))
            return text;

        Mistake(key, $"expected a text that isn't empty, found {Describe(value)}.");
        return null;
    }

    public bool? Flag(string key)
    {
        if (Value(key) is not { } value)
            return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();

        Mistake(key, $"expected true or false, found {Describe(value)}.");
        return null;
    }

    public int? Integer(string key, int least, int most)
    {
        if (Value(key) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most)
            return number;

        Mistake(key, $"expected a whole number from {least} to {most}, found {Describe(value)}.");
        return null;
    }

    public TimeSpan? Duration(string key, TimeSpan least, TimeSpan most)
    {
        if (Text(key) is not { } text)
            return null;
        if (ValueSyntax.TryParseDuration(text, out var duration) && duration >= least && duration <= most)
            return duration;

        Mistake(key, $"expected a time such as \"90s\", \"10m\", \"6h\" or \"7d\", from {ValueSyntax.Format(least)} to "
            + $"{ValueSyntax.Format(most)}, found \"{text}\".");
        return null;
    }

    public string? AbsolutePath(string key)
    {
        if (Text(key) is not { } path)
            return null;
        if (ValueSyntax.IsPlainAbsolutePath(path))
            return path;

        Mistake(key, $"expected an absolute path without '.' and '..', found \"{path}\".");
        return null;
    }

    /// <summary>Empty if absent; only what is right of a list with mistakes.</summary>
    public IReadOnlyList<string> Texts(string key, bool required = false)
    {
        var texts = new List<string>();
        foreach (var (value, index) in Items(key).Select((value, index) => (value, index)))
        {
            if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && !text.Contains('\0'))
                texts.Add(text);
            else
                Mistake($"{key}[{index}]", $"expected a text that isn't empty, found {Describe(value)}.");
        }

        if (required && Value(key) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 0)
            Mistake(key, "the list is empty; name at least one, or leave the source out.");
        return texts;
    }

    public ConfigurationObject? Child(string key)
    {
        if (Value(key) is not { } value)
            return null;
        return From(value, PathOf(key), _mistakes);
    }

    public IEnumerable<ConfigurationObject> Children(string key)
    {
        var index = 0;
        foreach (var value in Items(key))
        {
            if (From(value, PathOf($"{key}[{index++}]"), _mistakes) is { } child)
                yield return child;
        }
    }

    /// <summary>Every key that nobody asked for is a mistake: most are misspelt.</summary>
    /// <param name="known">Keys that would have been asked for if they were there.</param>
    public void RefuseOtherKeys(params IEnumerable<string> known)
    {
        _known.UnionWith(known);
        foreach (var property in _element.EnumerateObject().Where(property => !_known.Contains(property.Name)))
            Mistake(property.Name, $"unknown; known here: {string.Join(", ", _known.Order(StringComparer.Ordinal))}.");
    }

    private JsonElement? Value(string key)
    {
        _known.Add(key);
        return _element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private JsonElement.ArrayEnumerator Items(string key)
    {
        if (Value(key) is not { } value)
            return default;
        if (value.ValueKind == JsonValueKind.Array)
            return value.EnumerateArray();

        Mistake(key, $"expected a list [ … ], found {Describe(value)}.");
        return default;
    }

    private string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    private static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.Null => "null",
        _ => element.GetRawText() is { Length: <= 60 } raw ? raw : $"{element.GetRawText()[..60]}…",
    };
}
