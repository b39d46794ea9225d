using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

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

    [Fact]
    public async Task A_store_that_is_away_degrades_the_controller_until_it_is_back()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var host = await ControllerHost.StartAsync(time, new Dictionary<string, string?> { ["Storage:Folder"] = "" });
        var folder = Path.Combine(host.DataFolder, "store");
        Assert.Contains("\"store\":\"healthy\"", await host.Http.GetStringAsync("/readyz"), StringComparison.Ordinal);

        Directory.Move(folder, folder + ".away");
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Contains("\"store\":\"degraded\"", await host.Http.GetStringAsync("/readyz"), StringComparison.Ordinal);
        Directory.Move(folder + ".away", folder);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Contains("\"store\":\"healthy\"", await host.Http.GetStringAsync("/readyz"), StringComparison.Ordinal);
    }
}
