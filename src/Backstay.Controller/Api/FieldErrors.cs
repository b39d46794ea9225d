using Backstay.Protocol.Admin;

namespace Backstay.Controller.Api;

/// <summary>Gathers everything that is wrong with a body, so that one answer names all of it.</summary>
internal sealed class FieldErrors
{
    private const int MaxTags = 64;
    private const int MaxTagLength = 128;

    private readonly List<FieldError> _errors = [];

    /// <summary>422 with every field, or null when all are right.</summary>
    public ApiErrorResult? Refusal => _errors.Count == 0 ? null : ApiErrors.Unprocessable(_errors);

    public void Add(string field, string message) => _errors.Add(new FieldError(field, message));

    /// <summary>A name: required, one line, not framed by blanks.</summary>
    public void Name(string field, string? value, int maxLength = 128)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            Add(field, "is required");
            return;
        }

        if (value != value.Trim())
        {
            Add(field, "must not begin or end with a blank");
        }

        Line(field, value, maxLength);
    }

    /// <summary>Optional text on one line.</summary>
    public void Line(string field, string? value, int maxLength)
    {
        Text(field, value, maxLength);
        if (value?.Any(char.IsControl) is true)
        {
            Add(field, "must not have control characters");
        }
    }

    /// <summary>Optional text.</summary>
    public void Text(string field, string? value, int maxLength)
    {
        if (value?.Length > maxLength)
        {
            Add(field, $"has {value.Length} characters; at most {maxLength} are taken");
        }

        if (value?.Contains('\0') is true)
        {
            Add(field, "must not have NUL characters");
        }
    }

    /// <summary>An id that the caller chose.</summary>
    public void Id(string field, Guid? id)
    {
        if (id == Guid.Empty)
        {
            Add(field, "must not be the empty UUID");
        }
    }

    public void Tags(string field, IReadOnlyList<string>? tags)
    {
        if (tags?.Count > MaxTags)
        {
            Add(field, $"at most {MaxTags} are taken");
        }

        for (var i = 0; i < Math.Min(tags?.Count ?? 0, MaxTags); i++)
        {
            Name($"{field}[{i}]", tags![i], MaxTagLength);
        }
    }

    public void Range(string field, double? value, double lowest, double highest)
    {
        if (value is { } number && !(number >= lowest && number <= highest))
        {
            Add(field, FormattableString.Invariant($"must be from {lowest} to {highest}"));
        }
    }
}
