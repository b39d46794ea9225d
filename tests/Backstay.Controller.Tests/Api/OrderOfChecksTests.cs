using System.Net;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Api;

/// <summary>DESIGN section 5, step 0. The endpoints are taken from the program: a new one is held to the order without a word here.</summary>
public sealed class OrderOfChecksTests
{
    [Fact]
    public async Task Every_admin_call_refuses_406_before_401_before_403()
    {
        await using var host = await ControllerHost.StartAsync();
        using var nobody = await host.SignInAsync();
        var calls = AdminCalls(host).ToList();
        Assert.True(calls.Count > 20);

        foreach (var (method, path, isOpen, anyToken) in calls)
        {
            using var wrongAccept = Request(method, path);
            wrongAccept.Headers.Accept.ParseAdd("text/html");
            var refused = await host.Http.SendAsync(wrongAccept);
            Assert.True(refused.StatusCode == HttpStatusCode.NotAcceptable, $"{method} {path} with a wrong Accept: {refused.StatusCode}");
            if (isOpen)
            {
                continue;
            }

            using var noToken = Request(method, path);
            refused = await host.Http.SendAsync(noToken);
            Assert.True(refused.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path} without a token: {refused.StatusCode}");
            Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.ToString());
            if (anyToken)
            {
                continue;
            }

            using var noPrivilege = Request(method, path);
            refused = await nobody.SendAsync(noPrivilege);
            Assert.True(refused.StatusCode == HttpStatusCode.Forbidden, $"{method} {path} without privileges: {refused.StatusCode}");
        }
    }

    [Fact]
    public async Task Only_the_calls_that_come_before_a_token_are_open()
    {
        await using var host = await ControllerHost.StartAsync();

        Assert.Equal(
            ["/admin/authentication", "/admin/identity-providers/names", "/admin/login", "/admin/version"],
            AdminCalls(host).Where(call => call.Open).Select(call => call.Path).Distinct().Order());
    }

    [Fact]
    public async Task With_every_privilege_an_id_that_is_no_UUID_or_nobodys_is_not_found_on_every_call()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        foreach (var id in new[] { "not-a-uuid", Guid.NewGuid().ToString(), "00000000-0000-0000-0000-000000000000", "{id}" })
        {
            foreach (var (method, path, _, _) in AdminCalls(host, id).Where(call => call.Path.Contains(id, StringComparison.Ordinal)))
            {
                using var request = Request(method, path);
                request.Content = Answers.Json("{ broken");
                var refused = await admin.SendAsync(request);
                Assert.True(refused.StatusCode == HttpStatusCode.NotFound, $"{method} {path}: {refused.StatusCode}");
            }
        }
    }

    [Fact]
    public async Task A_token_of_the_first_half_of_a_sign_in_is_no_token_for_other_calls()
    {
        await using var host = await ControllerHost.StartAsync();
        var half = await (await host.LoginAsync("admin", ControllerHost.AdminPassword, "/admin/authentication"))
            .AssertOkAsync(AdminJson.Default.LoginResponse);
        using var client = host.NewClient(half.Token);

        await (await client.GetAsync("/admin/appliances")).AssertRefusedAsync(HttpStatusCode.Unauthorized, ErrorIds.Unauthorized);
    }

    private static HttpRequestMessage Request(string method, string path) => new(new HttpMethod(method), path);

    private static IEnumerable<(string Method, string Path, bool Open, bool AnyToken)> AdminCalls(
        ControllerHost host, string id = "0b6b7a54-3c0e-4c8e-9d3f-5f1a1f6f2a10") =>
        from endpoint in host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where endpoint.RoutePattern.RawText?.StartsWith("/admin", StringComparison.Ordinal) is true
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        let path = string.Join('/', endpoint.RoutePattern.RawText!.TrimEnd('/').Split('/').Select(part => part.StartsWith('{') ? id : part))
        let anyToken = path is "/admin/authorization" or "/admin/logout"
        select (method, path, endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null, anyToken);
}
