using Backstay.Cli.Tests.Running;

namespace Backstay.Cli.Tests.Commands;

/// <summary>Status, objectives, events and their endpoints, against the real controller.</summary>
public sealed class StatusCommandTests(ControllerProcess controller) : IClassFixture<ControllerProcess>
{
    [Fact]
    public async Task The_status_is_0_when_nobody_is_overdue_and_shows_the_fleet()
    {
        using var admin = await controller.SignInAsync();
        await admin.JsonAsync("appliance", "add", "gw-status", "--tag", "status");

        var status = await admin.JsonAsync("status", "--tag", "status");
        Assert.Equal("inactive", Assert.Single(status.GetProperty("data").EnumerateArray()).GetProperty("state").GetString());
        Assert.Equal(1, status.GetProperty("counts").GetProperty("inactive").GetInt32());
        var shown = await admin.RunAsync("status");
        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("gw-status", shown.Output, StringComparison.Ordinal);
        Assert.Contains("0 overdue", shown.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("gw-status", (await admin.RunAsync("status", "--overdue")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_overdue_makes_it_end_with_1()
    {
        await using var peer = await Peer.StartAsync();

        var status = await peer.RunAsync("status", "--limit", "5");

        Assert.Equal(1, status.ExitCode);
        Assert.Contains("It has no good backup.", status.Output, StringComparison.Ordinal);
        Assert.Contains(peer.Requests, request => request.StartsWith("GET /admin/fleet?range=0-4", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_objective_is_set_listed_and_removed()
    {
        using var admin = await controller.SignInAsync();

        var made = await admin.JsonAsync("objective", "set", "Production", "--tag", "production", "--good-within", "26", "--proven-within", "720");
        Assert.Equal((26, 720), (made.GetProperty("goodWithinHours").GetInt32(), made.GetProperty("provenWithinHours").GetInt32()));
        var changed = await admin.JsonAsync("objective", "set", "production", "--proven-within", "0");
        Assert.False(changed.TryGetProperty("provenWithinHours", out _));
        Assert.Equal("production", changed.GetProperty("appliances").GetProperty("tags")[0].GetString());
        Assert.Contains("tag production", (await admin.RunAsync("objective", "list")).Output, StringComparison.Ordinal);

        Assert.Equal(2, (await admin.RunAsync("objective", "set", "Production")).ExitCode);
        Assert.Equal(2, (await admin.RunAsync("objective", "remove", "Production")).ExitCode);
        Assert.Equal(0, (await admin.RunAsync("objective", "remove", "Production", "--yes")).ExitCode);
        Assert.Equal(5, (await admin.RunAsync("objective", "remove", "Production", "--yes")).ExitCode);
    }

    [Fact]
    public async Task An_endpoint_is_set_tested_listed_and_removed_and_events_are_listed()
    {
        using var admin = await controller.SignInAsync();

        var made = await admin.JsonAsync(
            "event-endpoint", "set", "pager", "--url", "https://hooks.example.com/b", "--kind", "backup.overdue", "--kind", "backup.damaged");
        Assert.Equal(["backup.overdue", "backup.damaged"], made.GetProperty("kinds").EnumerateArray().Select(kind => kind.GetString()));
        Assert.True((await admin.JsonAsync("event-endpoint", "set", "Pager", "--paused")).GetProperty("paused").GetBoolean());
        Assert.Equal(0, (await admin.JsonAsync("event-endpoint", "set", "Pager", "--all-kinds")).GetProperty("kinds").GetArrayLength());
        Assert.Contains("paused", (await admin.RunAsync("event-endpoint", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await admin.RunAsync("event-endpoint", "test", "pager")).ExitCode);
        Assert.Equal(2, (await admin.RunAsync("event-endpoint", "set", "pager", "--kind", "nothing")).ExitCode);
        Assert.Equal(0, (await admin.RunAsync("event-endpoint", "remove", "pager", "--yes")).ExitCode);

        Assert.Equal(0, (await admin.JsonAsync("event", "list", "--kind", "store.nearly-full")).GetArrayLength());
    }
}
