using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Backstay.Protocol.Admin;

/// <summary>
/// The admin API, one method a call. Every method throws <see cref="AdminApiException"/> when the controller refuses and
/// <see cref="HttpRequestException"/> when it can't be reached; nothing is tried twice.
/// </summary>
/// <remarks>Thread safe. The <see cref="HttpClient"/> stays the caller's: its base address is the controller
/// (<c>https://host:8443/</c>), and it decides trust, proxies and time limits.</remarks>
public sealed partial class AdminClient
{
    /// <summary>The peer version that this client speaks.</summary>
    public const int PeerVersion = 23;

    /// <summary>The <see cref="ApiError.Id"/> of an answer that is no answer of this API: a proxy's page, another server.</summary>
    public const string NotThisApi = "not-this-api";

    private readonly HttpClient _http;
    private readonly AuthenticationHeaderValue? _authorization;

    /// <param name="http">Its base address is the controller.</param>
    /// <param name="token">From <see cref="LoginAsync"/>; null for the calls that need none.</param>
    public AdminClient(HttpClient http, string? token = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (http.BaseAddress is null)
            throw new ArgumentException("The client needs the controller as its base address.", nameof(http));
        _http = http;
        _authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
    }

    private static MediaTypeWithQualityHeaderValue JsonForm { get; } = new($"application/vnd.appgate.peer-v{PeerVersion}+json");
    private static MediaTypeWithQualityHeaderValue ArchiveForm { get; } = new($"application/vnd.appgate.peer-v{PeerVersion}+gpg");

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> form, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Get, path, body: null, form, cancellationToken);

    private Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method,
        string path,
        TBody body,
        JsonTypeInfo<TBody> bodyForm,
        JsonTypeInfo<TAnswer> answerForm,
        CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, bodyForm));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return CallAsync(method, path, content, answerForm, cancellationToken);
    }

    private async Task<T> CallAsync<T>(
        HttpMethod method, string path, HttpContent? body, JsonTypeInfo<T> form, CancellationToken cancellationToken)
    {
        using var request = Request(method, path, JsonForm);
        request.Content = body;
        using var response = await _http.SendAsync(request, cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
        try
        {
            await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync(content, form, cancellationToken)
                ?? throw new JsonException("The answer is null.");
        }
        catch (JsonException e)
        {
            var error = new ApiError(NotThisApi, $"The answer to {method} {path} can't be understood: {e.Message}");
            throw new AdminApiException(response.StatusCode, error, innerException: e);
        }
    }

    /// <summary>A call whose answer has no body worth reading.</summary>
    private async Task CallAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var request = Request(method, path, JsonForm);
        using var response = await _http.SendAsync(request, cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
    }

    private HttpRequestMessage Request(HttpMethod method, string path, MediaTypeWithQualityHeaderValue form)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative))
        {
            Version = _http.DefaultRequestVersion,
            VersionPolicy = _http.DefaultVersionPolicy,
        };
        request.Headers.Accept.Add(form);
        request.Headers.Authorization = _authorization;
        return request;
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return;
        var error = await ErrorOfAsync(response, cancellationToken)
            ?? new ApiError(NotThisApi, string.Create(
                CultureInfo.InvariantCulture, $"The server answered {(int)response.StatusCode} ({response.ReasonPhrase})."));
        throw new AdminApiException(response.StatusCode, error, response.Headers.RetryAfter?.Delta);
    }

    private static async Task<ApiError?> ErrorOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) != true)
            return null;
        try
        {
            await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
            var error = await JsonSerializer.DeserializeAsync(content, AdminJson.Default.ApiError, cancellationToken);
            return error is { Id: not null, Message: not null } ? error : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string WithQuery(string path, ListRequest? query)
    {
        if (query is null)
            return path;
        var text = new StringBuilder(path);
        Append("query", query.Query);
        Append("range", query.Range);
        Append("orderBy", query.OrderBy);
        Append("descending", query.Descending ? "true" : null);
        foreach (var condition in query.FilterBy ?? [])
            Append("filterBy", condition);
        return text.ToString();

        void Append(string name, string? value)
        {
            if (value is not null)
                text.Append(text.Length == path.Length ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}

/// <summary>What to list; everything left out is the controller's default (all, in its natural order).</summary>
/// <param name="Query">Words, each of which has to occur in an item.</param>
/// <param name="Range">Zero based, both ends included: <c>0-9</c> is the first ten.</param>
/// <param name="OrderBy">A field of the items.</param>
/// <param name="FilterBy">Conditions as the controller writes them.</param>
public sealed record ListRequest(
    string? Query = null,
    string? Range = null,
    string? OrderBy = null,
    bool Descending = false,
    IReadOnlyList<string>? FilterBy = null)
{
    /// <summary>The first items of a list, by number.</summary>
    /// <param name="count">At least 1.</param>
    public static string First(int count) => string.Create(CultureInfo.InvariantCulture, $"0-{count - 1}");
}
