using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Backstay.Controller.Tests.Hosting;

public sealed class HealthTests
{
    [Fact]
    public async Task A_controller_that_serves_is_well_and_ready_for_whoever_asks()
    {
        await using var host = await ControllerHost.StartAsync();

        Assert.Equal("""{"status":"healthy","checks":{}}""", await host.Http.GetStringAsync("/healthz"));
        Assert.Contains("\"catalog\":\"healthy\"", await host.Http.GetStringAsync("/readyz"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_that_fails_takes_the_controller_out_of_service_but_does_not_have_it_killed()
    {
        await using var host = await ControllerHost.StartAsync(services: services => services.AddHealthChecks()
            .AddCheck("broken", () => HealthCheckResult.Unhealthy("with a detail that stays inside")));

        var ready = await host.Http.GetAsync("/readyz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        var text = await ready.Content.ReadAsStringAsync();
        Assert.Contains("\"broken\":\"unhealthy\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("detail", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await host.Http.GetAsync("/healthz")).StatusCode);
    }
}
