using System.Text.Json;
using Backstay.Cli.Tests.Running;

namespace Backstay.Cli.Tests.Commands;

/// <summary>The commands that manage a controller, against the real one.</summary>
public sealed class ControllerCommandTests(ControllerProcess controller) : IClassFixture<ControllerProcess>
{
    [Fact]
    public async Task An_appliance_is_added_shown_listed_seeded_and_removed()
    {
        using var admin = await controller.SignInAsync();
        var added = await admin.JsonAsync("appliance", "add", "gw-a", "--site", "Berlin", "--tag", "eu", "--tag", "production", "--notes", "n");
        var id = added.GetProperty("id").GetString()!;

        var byName = await admin.JsonAsync("appliance", "show", "GW-A");
        var byId = await admin.JsonAsync("appliance", "show", id);
        Assert.Equal(id, byName.GetProperty("id").GetString());
        Assert.Equal("n/a", byId.GetProperty("status").GetString());
        Assert.Equal(["eu", "production"], byId.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Contains("not activated", (await admin.RunAsync("appliance", "list", "--query", "gw-a")).Output, StringComparison.Ordinal);

        var file = admin.Folder.File("gw-a.seed");
        Assert.Equal(0, (await admin.RunAsync("appliance", "seed", "gw-a", "--to", file)).ExitCode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(id, JsonElement.Parse(await File.ReadAllTextAsync(file)).GetProperty("applianceId").GetString());
        var again = await admin.RunAsync("appliance", "seed", "gw-a", "--to", file);
        Assert.Equal(1, again.ExitCode);

        Assert.Equal(2, (await admin.RunAsync("appliance", "remove", "gw-a")).ExitCode);
        Assert.Equal(0, (await admin.RunAsync("appliance", "remove", "gw-a", "--yes")).ExitCode);
        Assert.Equal(5, (await admin.RunAsync("appliance", "show", "gw-a")).ExitCode);
    }

    [Fact]
    public async Task A_seed_without_a_file_is_on_standard_output_alone()
    {
        using var admin = await controller.SignInAsync();
        await admin.JsonAsync("appliance", "add", "gw-b");

        var seed = await admin.RunAsync("appliance", "seed", "gw-b");

        Assert.Equal(0, seed.ExitCode);
        Assert.Equal("gw-b", JsonElement.Parse(seed.Output).GetProperty("applianceName").GetString());
    }

    [Fact]
    public async Task An_appliance_is_replaced_only_when_that_is_said()
    {
        using var admin = await controller.SignInAsync();
        await admin.JsonAsync("appliance", "add", "gw-r");

        Assert.Equal(2, (await admin.RunAsync("appliance", "replace", "gw-r")).ExitCode);
        var seed = await admin.RunAsync("appliance", "replace", "gw-r", "--yes");

        Assert.Equal(0, seed.ExitCode);
        Assert.Equal("gw-r", JsonElement.Parse(seed.Output).GetProperty("applianceName").GetString());
        var log = await admin.RunAsync("audit", "list", "-o", "json");
        Assert.Contains("appliance.replace", log.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_refused_with_the_field_that_is_wrong()
    {
        using var admin = await controller.SignInAsync();
        await admin.JsonAsync("appliance", "add", "gw-c");

        var twice = await admin.RunAsync("appliance", "add", "gw-c");

        Assert.Equal(1, twice.ExitCode);
        Assert.Contains("name", twice.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_change_where_they_are_named_and_nowhere_else()
    {
        using var admin = await controller.SignInAsync();
        await admin.JsonAsync("settings", "set", "--message-of-the-day", "Mind the gap", "collectiveName=Production");

        var after = await admin.JsonAsync("settings", "set", "administrationTokenExpiration=60");

        Assert.Equal("Mind the gap", after.GetProperty("messageOfTheDay").GetString());
        Assert.Equal("Production", after.GetProperty("collectiveName").GetString());
        Assert.Equal(60, after.GetProperty("administrationTokenExpiration").GetInt32());
        Assert.Contains("Mind the gap", (await admin.RunAsync("settings", "show")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_passphrase_comes_from_standard_input_and_is_never_shown()
    {
        using var admin = await controller.SignInAsync();

        var set = await admin.RunWithInputAsync("a passphrase of some length\n", "settings", "set", "--backup-api", "on", "--passphrase-stdin", "-o", "json");

        Assert.True(set.ExitCode == 0, set.ToString());
        Assert.True(JsonElement.Parse(set.Output).GetProperty("backupApiEnabled").GetBoolean());
        Assert.DoesNotContain("some length", set.Output + set.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backupPassphrase=secret")]
    [InlineData("unknownKey=1")]
    [InlineData("administrationTokenExpiration=soon")]
    [InlineData("nothing")]
    public async Task A_setting_that_can_not_be_is_a_usage_error(string assignment)
    {
        Assert.Equal(2, (await CliProcess.RunAsync(["settings", "set", assignment])).ExitCode);
    }

    [Fact]
    public async Task A_user_is_added_may_nothing_without_a_role_and_is_removed()
    {
        using var admin = await controller.SignInAsync();
        var added = await admin.RunWithInputAsync("anna's long password\n", "user", "add", "anna", "--password-stdin");
        Assert.True(added.ExitCode == 0, added.ToString());
        Assert.Contains("anna", (await admin.RunAsync("user", "list")).Output, StringComparison.Ordinal);

        using var anna = await controller.SignInAsync("anna", "anna's long password");
        Assert.Equal(4, (await anna.RunAsync("settings", "show")).ExitCode);

        await admin.RunWithInputAsync("another long password\n", "user", "password", "anna", "--password-stdin");
        using var again = await controller.SignInAsync("anna", "another long password");
        Assert.Equal(0, (await admin.RunAsync("user", "remove", "anna", "--yes")).ExitCode);
        Assert.DoesNotContain("anna", (await admin.RunAsync("user", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Roles_and_what_they_allow_can_be_seen()
    {
        using var admin = await controller.SignInAsync();
        var role = (await admin.JsonAsync("role", "list")).EnumerateArray().First().GetProperty("name").GetString()!;

        var shown = await admin.RunAsync("role", "show", role);

        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("All All", shown.Output, StringComparison.Ordinal);
        Assert.Equal(5, (await admin.RunAsync("role", "show", "nobody's")).ExitCode);
    }

    [Fact]
    public async Task The_audit_log_shows_what_was_done_newest_first()
    {
        using var admin = await controller.SignInAsync();
        await admin.JsonAsync("appliance", "add", "gw-d");

        var lines = (await admin.JsonAsync("audit", "list", "--limit", "5")).EnumerateArray().ToList();

        Assert.InRange(lines.Count, 2, 5);
        Assert.True(lines[0].GetProperty("sequence").GetInt64() > lines[1].GetProperty("sequence").GetInt64());
    }
}
