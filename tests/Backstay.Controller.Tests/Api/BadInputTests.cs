using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Backstay.Protocol.Admin;
using CsCheck;

namespace Backstay.Controller.Tests.Api;

public sealed class BadInputTests
{
    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("42")]
    [InlineData("{ broken")]
    [InlineData("""{"name": 5}""")]
    [InlineData("""{"name": "a", "tags": "b"}""")]
    [InlineData("""{"name": "a", "site": "no uuid"}""")]
    [InlineData("""{"name": "a", "gateway": true}""")]
    [InlineData("""{"name": "a"} trailing""")]
    [InlineData("{\"name\": \"\\ud800\"}")]
    public async Task A_body_that_is_no_JSON_of_the_right_types_is_a_bad_request(string body)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        await (await admin.PostAsync("/admin/appliances", Answers.Json(body))).AssertRefusedAsync(HttpStatusCode.BadRequest, ErrorIds.BadRequest);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF_8_and_JSON_that_is_too_deep_are_bad_requests()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var deep = new string('[', 100_000);

        await (await admin.PostAsync("/admin/appliances", new ByteArrayContent([.. "{\"name\":\""u8, 0xff, 0xfe, .. "\"}"u8])))
            .AssertRefusedAsync(HttpStatusCode.BadRequest, ErrorIds.BadRequest);
        await (await admin.PostAsync("/admin/appliances", Answers.Json($$"""{"x": {{deep}}}""")))
            .AssertRefusedAsync(HttpStatusCode.BadRequest, ErrorIds.BadRequest);
    }

    [Fact]
    public async Task Unknown_fields_and_a_missing_content_type_do_not_matter()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var made = await (await admin.PostAsync("/admin/appliances", new ByteArrayContent("""{"name": "a", "unknown": {"x": [1]}}"""u8.ToArray())))
            .AssertOkAsync(AdminJson.Default.Appliance);

        Assert.Equal("a", made.Name);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_10_MB_is_refused_as_too_large_with_an_answer(bool lengthIsKnown)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/appliances") { Content = new ByteArrayContent(new byte[10_000_000]) };
        request.Headers.TransferEncodingChunked = !lengthIsKnown;

        await (await admin.SendAsync(request)).AssertRefusedAsync(HttpStatusCode.RequestEntityTooLarge, ErrorIds.PayloadTooLarge);
    }

    [Fact]
    public async Task A_method_that_a_path_does_not_have_is_told_which_it_has()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/admin/appliances");

        var answer = await admin.SendAsync(request);

        await answer.AssertRefusedAsync(HttpStatusCode.MethodNotAllowed, ErrorIds.MethodNotAllowed);
        Assert.Contains("GET", answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task Whatever_is_posted_to_the_sign_in_is_no_fault_of_the_server()
    {
        await using var host = await ControllerHost.StartAsync();
        string[] names = ["providerName", "username", "password", "deviceId"];
        string[] literals = ["null", "5", "\"\"", "\"local\"", "[]", "{}", "\"\\u0000\"", "1e999", "true"];
        var fields = Gen.Int[0, names.Length - 1].Select(i => names[i]);
        var values = Gen.Int[0, literals.Length - 1].Select(i => literals[i]);
        var bodies = Gen.Select(fields, values, (field, value) => $"\"{field}\": {value}").Array[0, 5].Select(pairs => $"{{{string.Join(", ", pairs)}}}");

        await bodies.SampleAsync(
            async body =>
            {
                var answer = await host.Http.PostAsync("/admin/login", Answers.Json(body));
                Assert.InRange((int)answer.StatusCode, 400, 499);
            },
            iter: 200,
            threads: 1);
    }

    [Theory]
    [InlineData("GET /admin/version HTTP/1.1\r\nHost: x\r\nBroken Header\r\n\r\n", 400)]
    [InlineData("GET /admin/version HTTP/9.9\r\nHost: x\r\n\r\n", 505)]
    [InlineData("GET /admin/version HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400)]
    [InlineData("nonsense\r\n\r\n", 400)]
    public async Task A_request_that_is_no_HTTP_is_refused_by_the_web_server(string request, int status) =>
        Assert.Equal(status, await RawAsync(request));

    [Fact]
    public async Task Absurd_headers_are_refused_by_the_web_server()
    {
        Assert.Equal(431, await RawAsync($"GET /admin/version HTTP/1.1\r\nHost: x\r\nX-Large: {new string('x', 40_000)}\r\n\r\n"));
        Assert.Equal(431, await RawAsync(
            $"GET /admin/version HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, 100).Select(i => $"X-{i}: y\r\n"))}\r\n"));
        Assert.Equal(414, await RawAsync($"GET /admin/{new string('x', 10_000)} HTTP/1.1\r\nHost: x\r\n\r\n"));
    }

    [Fact]
    public async Task Every_answer_carries_the_headers_that_keep_a_browser_from_guessing_and_no_server_name()
    {
        await using var host = await ControllerHost.StartAsync();

        var answer = await host.Http.GetAsync("/admin/version");

        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.False(answer.Headers.Contains("Server"));
    }

    /// <summary>The status that these bytes are answered with.</summary>
    private static async Task<int> RawAsync(string request)
    {
        await using var host = await ControllerHost.StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(host.Address.Host, host.Address.Port);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        });
        await tls.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(tls, Encoding.Latin1);
        var line = await reader.ReadLineAsync();
        return int.Parse(line!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
