using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Backstay.Controller.Tests.Documents;

public sealed partial class DocumentTests
{
    [Fact]
    public async Task Every_call_is_documented_with_a_summary_a_description_its_answers_and_an_example_of_its_body()
    {
        await using var host = await ControllerHost.StartAsync();

        using var document = JsonDocument.Parse(await host.Http.GetStringAsync("/openapi/v1.json"));

        var operations =
            (from path in document.RootElement.GetProperty("paths").EnumerateObject()
             from operation in path.Value.EnumerateObject()
             select (Name: $"{operation.Name} {path.Name}", operation.Value)).ToList();
        Assert.True(operations.Count > 20);
        Assert.All(operations, operation =>
        {
            Assert.StartsWith("/admin/", operation.Name.Split(' ')[1], StringComparison.Ordinal);
            Assert.True(operation.Value.TryGetProperty("summary", out _), $"{operation.Name} has no summary");
            Assert.True(
                operation.Value.TryGetProperty("description", out var description) && description.GetString() is { Length: > 0 },
                $"{operation.Name} has no description");
            var responses = operation.Value.GetProperty("responses");
            Assert.True(responses.EnumerateObject().Any(response => response.Name[0] == '2'), $"{operation.Name} has no answer but refusals");
            Assert.All(["406", "500", "503"], status => Assert.True(responses.TryGetProperty(status, out _), $"{operation.Name} lacks {status}"));
            Assert.Equal(
                operation.Value.TryGetProperty("security", out _), responses.TryGetProperty("401", out _) && !operation.Name.Contains("/login")
                    && !operation.Name.Contains("/authentication"));
            if (operation.Value.TryGetProperty("requestBody", out var body))
            {
                Assert.True(
                    body.GetProperty("content").GetProperty("application/json").TryGetProperty("example", out _), $"{operation.Name} has no example");
            }
        });
        Assert.Contains(operations, operation => operation.Name == "post /admin/login" && operation.Value.TryGetProperty("requestBody", out _));
    }

    [Fact]
    public async Task A_refusal_and_a_type_stand_once_and_are_referred_to()
    {
        await using var host = await ControllerHost.StartAsync();
        using var document = JsonDocument.Parse(await host.Http.GetStringAsync("/openapi/v1.json"));
        var root = document.RootElement;

        var references = References(root).ToHashSet();
        Assert.Contains("#/components/responses/Unauthorized", references);
        Assert.Contains("#/components/schemas/LoginRequest", references);
        Assert.All(references, reference =>
        {
            var at = root;
            foreach (var name in reference.Split('/').Skip(1))
                Assert.True(at.TryGetProperty(name, out at), $"{reference} leads nowhere");
        });
        var schemas =
            from path in root.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where operation.Value.TryGetProperty("requestBody", out _)
            select (operation.Name + " " + path.Name, operation.Value.GetProperty("requestBody").GetProperty("content").GetProperty("application/json"));
        Assert.All(schemas, body => Assert.True(body.Item2.GetProperty("schema").TryGetProperty("$ref", out _), $"{body.Item1} spells its type out"));
        Assert.Equal(
            "#/components/schemas/ApiError",
            root.GetProperty("components").GetProperty("responses").GetProperty("NotFound").GetProperty("content").GetProperty("application/json")
                .GetProperty("schema").GetProperty("$ref").GetString());

        static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
                member is { Name: "$ref", Value.ValueKind: JsonValueKind.String } ? [member.Value.GetString()!] : References(member.Value)),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
            _ => [],
        };
    }

    [Fact]
    public async Task A_download_is_documented_with_all_that_it_answers()
    {
        await using var host = await ControllerHost.StartAsync();
        using var document = JsonDocument.Parse(await host.Http.GetStringAsync("/openapi/v1.json"));
        var path = document.RootElement.GetProperty("paths").GetProperty("/admin/appliances/{id}/backup/{backupId}");

        var (get, head) = (path.GetProperty("get"), path.GetProperty("head"));

        Assert.Equal(["application/gpg"], Names(get.GetProperty("responses").GetProperty("200").GetProperty("content")));
        Assert.Equal(["application/gpg", "multipart/byteranges"], Names(get.GetProperty("responses").GetProperty("206").GetProperty("content")));
        Assert.Superset(
            new HashSet<string> { "ETag", "Repr-Digest", "Content-Range" },
            Names(get.GetProperty("responses").GetProperty("206").GetProperty("headers")).ToHashSet());
        Assert.Equal(["ETag", "Repr-Digest"], Names(get.GetProperty("responses").GetProperty("304").GetProperty("headers")));
        Assert.Equal("#/components/responses/RangeNotSatisfiable", get.GetProperty("responses").GetProperty("416").GetProperty("$ref").GetString());
        Assert.Equal(
            ["Content-Range"],
            Names(document.RootElement.GetProperty("components").GetProperty("responses").GetProperty("RangeNotSatisfiable").GetProperty("headers")));
        Assert.Superset(new HashSet<string?> { "Range", "If-Range", "If-Match", "If-None-Match" }, Parameters(get));
        Assert.DoesNotContain("Range", Parameters(head));
        Assert.DoesNotContain(Names(head.GetProperty("responses")), status => status is "206" or "416");

        static List<string> Names(JsonElement element) => [.. element.EnumerateObject().Select(member => member.Name)];
        static HashSet<string?> Parameters(JsonElement operation) =>
            [.. operation.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString())];
    }

    [Fact]
    public async Task The_page_and_everything_it_loads_come_from_the_controller_itself()
    {
        await using var host = await ControllerHost.StartAsync();

        var page = await host.Http.GetAsync("/docs/");
        var html = await page.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.DoesNotContain("://", html, StringComparison.Ordinal);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("script-src 'self' 'unsafe-inline'", policy, StringComparison.Ordinal);
        var nonce = Nonce().Match(policy).Groups[1].Value;
        var scripts = Script().Matches(html);
        Assert.NotEmpty(scripts);
        Assert.All(scripts, script => Assert.Contains($"nonce=\"{nonce}\"", script.Value, StringComparison.Ordinal));
        var sources = Source().Matches(html).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(sources);
        foreach (var source in sources)
        {
            var script = await host.Http.GetAsync($"/docs/{source}");
            Assert.Equal(HttpStatusCode.OK, script.StatusCode);
            Assert.Contains("javascript", script.Content.Headers.ContentType!.MediaType!, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex("'nonce-([^']+)'")]
    private static partial Regex Nonce();

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Script();

    [GeneratedRegex("<script[^>]*src=\"([^\"]+)\"")]
    private static partial Regex Source();
}
