using System.Net;
using System.Net.Http.Json;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Api;

public sealed class FrontDoorTests
{
    [Fact]
    public async Task A_call_that_does_not_exist_is_told_so_in_the_error_form()
    {
        await using var host = await ControllerHost.StartAsync();
        using var client = await host.AdminAsync();

        var answer = await client.GetAsync("/admin/no-such-call");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var error = await answer.Content.ReadFromJsonAsync(AdminJson.Default.ApiError);
        Assert.Equal(ErrorIds.NotFound, error!.Id);
    }
}
