using System.Text.Json;
using Backstay.Cli.Tests.Running;

namespace Backstay.Cli.Tests.Commands;

/// <summary><c>backstay schedule …</c> against the real controller.</summary>
public sealed class ScheduleCommandTests(ControllerProcess controller) : IClassFixture<ControllerProcess>
{
    [Fact]
    public async Task A_schedule_is_added_changed_paused_run_resumed_and_removed()
    {
        using var admin = await controller.SignInAsync();
        var gateway = (await admin.JsonAsync("appliance", "add", "gw-s", "--tag", "north")).GetProperty("id").GetString();

        var added = await admin.JsonAsync(
            "schedule", "add", "nightly", "--cron", "0 2 * * *", "--time-zone", "Europe/Berlin", "--appliance", "gw-s", "--tag", "north", "--spread", "90m", "--logs");
        Assert.Equal(gateway, added.GetProperty("appliances").GetProperty("ids")[0].GetString());
        Assert.Equal((90, 240, true), (added.GetProperty("spreadMinutes").GetInt32(), added.GetProperty("windowMinutes").GetInt32(), added.GetProperty("logs").GetBoolean()));

        var changed = await admin.JsonAsync("schedule", "set", "NIGHTLY", "--window", "1d", "--logs", "false", "--all");
        Assert.Equal(("0 2 * * *", 1440, false), (changed.GetProperty("cron").GetString(), changed.GetProperty("windowMinutes").GetInt32(), changed.GetProperty("logs").GetBoolean()));
        Assert.True(changed.GetProperty("appliances").GetProperty("all").GetBoolean());

        Assert.Equal(10, (await admin.JsonAsync("schedule", "next", "nightly")).GetArrayLength());
        Assert.Contains("02:00 +", (await admin.RunAsync("schedule", "list")).Output, StringComparison.Ordinal);
        Assert.True((await admin.JsonAsync("schedule", "pause", "nightly")).GetProperty("paused").GetBoolean());
        Assert.Contains("paused", (await admin.RunAsync("schedule", "show", "nightly")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await admin.JsonAsync("schedule", "run", "nightly")).GetProperty("appliances").GetInt32());
        Assert.Equal(JsonValueKind.Array, (await admin.JsonAsync("schedule", "appliances", "nightly", "--state", "missed")).ValueKind);
        Assert.False((await admin.JsonAsync("schedule", "resume", "nightly")).GetProperty("paused").GetBoolean());

        Assert.Equal(2, (await admin.RunAsync("schedule", "remove", "nightly")).ExitCode);
        Assert.Equal(0, (await admin.RunAsync("schedule", "remove", "nightly", "--yes")).ExitCode);
        Assert.Equal(5, (await admin.RunAsync("schedule", "show", "nightly")).ExitCode);
    }

    [Fact]
    public async Task A_dry_run_shows_the_runs_and_adds_nothing()
    {
        using var admin = await controller.SignInAsync();

        var shown = await admin.RunAsync("schedule", "add", "dry", "--cron", "30 1 1 * *", "--time-zone", "Asia/Kolkata", "--all", "--dry-run");

        Assert.Equal(0, shown.ExitCode);
        Assert.Equal(10, shown.Output.Split("01:30 +05:30").Length - 1);
        Assert.Equal(5, (await admin.RunAsync("schedule", "show", "dry")).ExitCode);
    }

    [Theory]
    [InlineData("--cron", "99 * * * *", "--all", 1)]
    [InlineData("--cron", "@daily", "--spread=1w", 2)]
    [InlineData("--tag", "north", "--all", 2)]
    public async Task What_cannot_be_is_refused_by_whoever_sees_it_first(string one, string two, string three, int code)
    {
        using var admin = await controller.SignInAsync();

        Assert.Equal(code, (await admin.RunAsync("schedule", "add", "wrong", one, two, three)).ExitCode);
    }
}
