using System.Net;
using Backstay.Controller.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
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
    public async Task One_that_is_told_to_stop_says_so_and_serves_on_until_the_pause_is_over()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var host = await ControllerHost.StartAsync(time, new Dictionary<string, string?> { ["Listen:DrainPause"] = "00:01:00" });
        var drain = host.Services.GetRequiredService<Drain>();
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();

        lifetime.StopApplication(); // what SIGTERM does
        var stopping = host.StopAsync();

        using (var health = await host.Http.GetAsync("/healthz"))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        using var another = host.NewClient();
        using (var call = await another.GetAsync("/admin/appliances"))
            Assert.Equal(HttpStatusCode.Unauthorized, call.StatusCode);
        Assert.False(drain.Over.IsCancellationRequested);

        while (!stopping.IsCompleted)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAny(stopping, Task.Delay(20));
        }

        await stopping;

        Assert.True(drain.Over.IsCancellationRequested);
        await Assert.ThrowsAsync<HttpRequestException>(() => another.GetAsync("/healthz"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(301)]
    public void A_pause_that_can_not_be_meant_is_refused(int seconds)
    {
        var result = new ListenValidation().Validate(null, new ListenOptions { DrainPause = TimeSpan.FromSeconds(seconds) });
        Assert.Contains("Listen:DrainPause", Assert.Single(result.Failures!), StringComparison.Ordinal);
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
