using System.Text.Json;
using Backstay.Cli.Tests.Running;

namespace Backstay.Cli.Tests.Commands;

/// <summary>Policies, previews and the clock, against the real controller.</summary>
public sealed class RetentionCommandTests(ControllerProcess controller) : IClassFixture<ControllerProcess>
{
    [Fact]
    public async Task A_policy_is_added_shown_listed_changed_and_removed()
    {
        using var admin = await controller.SignInAsync();
        await admin.JsonAsync("appliance", "add", "gw-policy");
        var added = await admin.JsonAsync(
            "retention", "add", "Production", "--tag", "production", "--appliance", "gw-policy", "--function", "gateway",
            "--keep-daily", "14", "--keep-last", "3", "--max-age", "400", "--time-zone", "Europe/Berlin");
        Assert.Equal("Gateway", added.GetProperty("appliances").GetProperty("functions")[0].GetString());

        var changed = await admin.JsonAsync("retention", "set", "production", "--keep-last", "0", "--keep-monthly", "12", "--name", "Prod");
        Assert.False(changed.TryGetProperty("keepLast", out _));
        Assert.Equal((14, 12, 400), (Number(changed, "keepDaily"), Number(changed, "keepMonthly"), Number(changed, "maxAgeDays")));
        var shown = (await admin.RunAsync("retention", "show", "Prod")).Output;
        Assert.Contains("daily 14, monthly 12, max-age 400 d", shown, StringComparison.Ordinal);
        Assert.Contains("tag production", shown, StringComparison.Ordinal);
        var list = (await admin.RunAsync("retention", "list")).Output;
        Assert.Contains("Prod", list, StringComparison.Ordinal);
        Assert.Contains("those that no other policy selects", list, StringComparison.Ordinal);

        Assert.Equal(2, (await admin.RunAsync("retention", "remove", "Prod")).ExitCode);
        Assert.Equal(0, (await admin.RunAsync("retention", "remove", "Prod", "--yes")).ExitCode);
        Assert.Equal(5, (await admin.RunAsync("retention", "show", "Prod")).ExitCode);
        Assert.Equal(1, (await admin.RunAsync("retention", "remove", "Default", "--yes")).ExitCode);
    }

    [Fact]
    public async Task A_preview_is_of_what_is_saved_or_of_a_policy_as_it_would_be()
    {
        using var admin = await controller.SignInAsync();
        await admin.JsonAsync("appliance", "add", "gw-preview", "--tag", "preview");

        var saved = await admin.JsonAsync("retention", "preview", "--query", "gw-preview");
        Assert.Equal("Default", Assert.Single(saved.EnumerateArray()).GetProperty("policies")[0].GetString());
        var tried = await admin.JsonAsync("retention", "preview", "New", "--tag", "preview", "--keep-last", "2", "--query", "gw-preview");
        Assert.Equal("New", Assert.Single(tried.EnumerateArray()).GetProperty("policies")[0].GetString());
        Assert.Contains("0 would go", (await admin.RunAsync("retention", "preview", "Default", "--keep-last", "1", "--going")).Error, StringComparison.Ordinal);

        await admin.JsonAsync("retention", "add", "Tagged", "--tag", "preview", "--keep-last", "2");
        var without = await admin.JsonAsync("retention", "preview", "--without", "tagged", "--query", "gw-preview");
        Assert.Equal("Default", Assert.Single(without.EnumerateArray()).GetProperty("policies")[0].GetString());
        Assert.Equal(0, (await admin.RunAsync("retention", "remove", "Tagged", "--yes")).ExitCode);
        Assert.Equal(5, (await admin.RunAsync("retention", "preview", "--without", "Tagged")).ExitCode);
        Assert.Equal(2, (await admin.RunAsync("retention", "preview", "Default", "--without", "Default")).ExitCode);

        Assert.Equal(5, (await admin.RunAsync("retention", "preview", "New")).ExitCode);
        Assert.Equal(2, (await admin.RunAsync("retention", "preview", "--keep-last", "1")).ExitCode);
        var wrong = await admin.RunAsync("retention", "preview", "New", "--tag", "preview", "--max-age", "10");
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("keepWithinDays", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Confirming_a_policy_that_needs_none_changes_nothing()
    {
        using var admin = await controller.SignInAsync();

        var before = await admin.JsonAsync("retention", "show", "Default");
        Assert.False(before.TryGetProperty("awaitsConfirmation", out var awaits) && awaits.GetBoolean());
        Assert.Equal(
            before.GetProperty("updated").GetString(), (await admin.JsonAsync("retention", "confirm", "Default")).GetProperty("updated").GetString());
    }

    [Fact]
    public async Task The_clock_is_shown_and_confirmed()
    {
        using var admin = await controller.SignInAsync();

        Assert.True((await admin.JsonAsync("retention", "clock")).GetProperty("trusted").GetBoolean());
        Assert.Equal(2, (await admin.RunAsync("retention", "confirm-clock")).ExitCode);
        Assert.True((await admin.JsonAsync("retention", "confirm-clock", "--yes")).GetProperty("trusted").GetBoolean());
    }

    [Fact]
    public async Task A_backup_is_held_released_and_locked()
    {
        await using var peer = await Peer.StartAsync();
        var path = $"/admin/appliances/{Peer.ApplianceId}/backup/{Peer.BackupId}";

        Assert.Equal(0, (await peer.RunAsync("backup", "hold", "gw-01", "latest", "--reason", "case 4711")).ExitCode);
        Assert.Equal("case 4711", peer.Bodies[$"{path}/hold"].GetProperty("reason").GetString());
        Assert.Equal(0, (await peer.RunAsync("backup", "release", "gw-01", $"{Peer.BackupId}")).ExitCode);
        Assert.Contains(peer.Requests, request => request.StartsWith($"DELETE {path}/hold", StringComparison.Ordinal));

        Assert.Equal(2, (await peer.RunAsync("backup", "lock", "gw-01", "latest", "--until", "2127-01-31")).ExitCode);
        var locked = await peer.RunAsync("backup", "lock", "gw-01", "latest", "--until", "2127-01-31T12:00:00Z", "--yes", "--output", "json");
        Assert.True(locked.ExitCode == 0, locked.ToString());
        Assert.Equal(
            new DateTimeOffset(2127, 1, 31, 12, 0, 0, TimeSpan.Zero), peer.Bodies[$"{path}/lock"].GetProperty("until").GetDateTimeOffset());
        Assert.Equal("anna", JsonElement.Parse(locked.Output).GetProperty("lock").GetProperty("by").GetString());
    }

    [Theory]
    [InlineData("retention", "add", "p", "--all", "--tag", "t", "--keep-last", "1")]
    [InlineData("retention", "add", "p", "--all", "--keep-last", "-1")]
    [InlineData("retention", "add", "p", "--all", "--keep-last", "many")]
    [InlineData("retention", "set", "p")]
    [InlineData("backup", "hold", "gw-01", "latest")]
    [InlineData("backup", "lock", "gw-01", "latest", "--until", "tomorrow")]
    [InlineData("backup", "release", "gw-01", "latest")]
    public async Task What_can_not_be_understood_is_a_usage_error(params string[] line) =>
        Assert.Equal(2, (await CliProcess.RunAsync(line)).ExitCode);

    private static int Number(JsonElement policy, string name) => policy.GetProperty(name).GetInt32();
}
