using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Backstay.Controller.Api;

/// <summary>
/// Reads a JSON body when the handler asks for it, not before: the order of checks (DESIGN section 5, step 0) puts the body last.
/// Unknown fields are ignored; broken JSON or a wrong type is 400 and says where; the Content-Type is not looked at, as common
/// clients leave it out.
/// </summary>
internal static class RequestBody
{
    /// <summary>The longest JSON body that is read, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The longest of a caller who hasn't shown a token yet: it buys less of the memory.</summary>
    public const int MaxAnonymousBytes = 16 * 1024;

    /// <summary>The body, or the refusal. An empty body is <paramref name="whenEmpty"/>; without one it is a refusal.</summary>
    public static async Task<(T? Value, ApiErrorResult? Error)> ReadAsync<T>(
        HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken, T? whenEmpty = null, int maxBytes = MaxBytes)
        where T : class
    {
        if (request.ContentLength > maxBytes)
        {
            return (null, ApiErrors.PayloadTooLarge($"The body is larger than {maxBytes} bytes."));
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (buffer.Length + read > maxBytes)
            {
                return (null, ApiErrors.PayloadTooLarge($"The body is larger than {maxBytes} bytes."));
            }

            buffer.Write(chunk, 0, read);
        }

        var json = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        if (json.Trim(" \t\r\n"u8).IsEmpty)
        {
            return whenEmpty is null ? (null, ApiErrors.BadRequest("A JSON body is required.")) : (whenEmpty, null);
        }

        try
        {
            return JsonSerializer.Deserialize(json, type) is { } value
                ? (value, null)
                : (null, ApiErrors.BadRequest("The body is null; send a JSON object."));
        }
        catch (JsonException exception)
        {
            var where = exception.Path is null or "$" ? "" : $" at {exception.Path}";
            return (null, ApiErrors.BadRequest(
                $"The body isn't the JSON that this call takes{where} (line {exception.LineNumber + 1}): broken, or of a wrong type."));
        }
    }
}
