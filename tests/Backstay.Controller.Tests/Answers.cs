using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests;

/// <summary>What tests say about answers, in one line each.</summary>
internal static class Answers
{
    /// <summary>The refusal has this status and this id, in the one error form.</summary>
    public static async Task<ApiError> AssertRefusedAsync(this HttpResponseMessage answer, HttpStatusCode status, string id)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(status == answer.StatusCode, $"expected {(int)status}, got {(int)answer.StatusCode}: {body}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        var error = await answer.Content.ReadFromJsonAsync(AdminJson.Default.ApiError);
        Assert.Equal(id, error!.Id);
        Assert.NotEmpty(error.Message);
        return error;
    }

    /// <summary>The answer has this status; its body is read.</summary>
    public static async Task<T> AssertOkAsync<T>(
        this HttpResponseMessage answer, JsonTypeInfo<T> type, HttpStatusCode status = HttpStatusCode.OK)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(status == answer.StatusCode, $"expected {(int)status}, got {(int)answer.StatusCode}: {body}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        return (await answer.Content.ReadFromJsonAsync(type))!;
    }

    /// <summary>A body as it is, however broken.</summary>
    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
