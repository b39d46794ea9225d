using System.Text.Json;
using Backstay.Cli.Tests.Running;

namespace Backstay.Cli.Tests.Commands;

public sealed class LoginCommandTests
{
    [Fact]
    public async Task A_sign_in_remembers_controller_key_and_token_for_its_owner_alone()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();
        var home = Config(folder);

        var login = await CliProcess.RunAsync(
            ["login", "--controller", $"{peer.Address}", "--trust-pin", peer.Pin, "-u", "admin", "--password-stdin"], home, Peer.Password);
        Assert.True(login.ExitCode == 0, login.ToString());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(home["BACKSTAY_CONFIG"]));

        // Neither address nor pin nor password is needed from here on.
        var list = await CliProcess.RunAsync(["appliance", "list"], home);
        Assert.True(list.ExitCode == 0, list.ToString());
        Assert.Contains("gw-01", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_tells_who_is_signed_in_and_keeps_the_token_to_itself()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();

        var login = await CliProcess.RunAsync(
            ["login", "--controller", $"{peer.Address}", "--trust-pin", peer.Pin, "-u", "admin", "-o", "json"],
            Config(folder, ("BACKSTAY_PASSWORD", Peer.Password)));

        Assert.Equal(0, login.ExitCode);
        var result = JsonDocument.Parse(login.Output).RootElement;
        Assert.Equal("admin", result.GetProperty("user").GetString());
        Assert.Equal(peer.Pin, result.GetProperty("pin").GetString());
        Assert.DoesNotContain(Peer.Token, login.Output + login.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_exit_code_4()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();

        var login = await CliProcess.RunAsync(
            ["login", "--controller", $"{peer.Address}", "--trust-pin", peer.Pin, "-u", "admin", "--password-stdin"],
            Config(folder),
            "wrong");

        Assert.Equal(4, login.ExitCode);
        Assert.False(File.Exists(folder.File("config.json")));
    }

    [Fact]
    public async Task A_logout_revokes_the_token_and_keeps_the_trust()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();
        var home = Config(folder, ("BACKSTAY_PASSWORD", Peer.Password));
        await CliProcess.RunAsync(["login", "--controller", $"{peer.Address}", "--trust-pin", peer.Pin, "-u", "admin"], home);

        Assert.Equal(0, (await CliProcess.RunAsync(["logout"], home)).ExitCode);

        Assert.Contains(peer.Requests, request => request.StartsWith("POST /admin/logout", StringComparison.Ordinal));
        var list = await CliProcess.RunAsync(["appliance", "list"], home);
        Assert.Equal(4, list.ExitCode);
        Assert.DoesNotContain(Peer.Token, await File.ReadAllTextAsync(home["BACKSTAY_CONFIG"]), StringComparison.Ordinal);
        var again = await CliProcess.RunAsync(["login", "-u", "admin"], home);
        Assert.True(again.ExitCode == 0, again.ToString());
    }

    [Fact]
    public async Task A_person_is_asked_about_a_key_once_and_types_the_password_unseen()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();
        var home = Config(folder);

        await using (var first = new PseudoTerminal($"{Programs.Cli} login --controller {peer.Address}", home))
        {
            await first.UntilShownAsync("Trust it from now on?");
            Assert.Contains(peer.Pin, first.Screen, StringComparison.Ordinal);
            await first.TypeAsync("y\n");
            await first.UntilShownAsync("Username: ");
            await first.TypeAsync("admin\n");
            await first.UntilShownAsync("Password: ");
            await first.TypeAsync(Peer.Password + "\n");
            await first.UntilShownAsync("Signed in");
            Assert.Equal(0, await first.EndAsync());
            Assert.DoesNotContain(Peer.Password, first.Screen, StringComparison.Ordinal);
        }

        await using var second = new PseudoTerminal($"{Programs.Cli} login -u admin", home);
        await second.UntilShownAsync("Password: ");
        Assert.DoesNotContain("Trust it", second.Screen, StringComparison.Ordinal);
        await second.TypeAsync(Peer.Password + "\n");
        Assert.Equal(0, await second.EndAsync());
    }

    [Fact]
    public async Task A_person_who_says_no_to_a_key_sends_nothing()
    {
        await using var peer = await Peer.StartAsync();
        using var folder = new TemporaryFolder();

        await using var terminal = new PseudoTerminal($"{Programs.Cli} login --controller {peer.Address}", Config(folder));
        await terminal.UntilShownAsync("Trust it from now on?");
        await terminal.TypeAsync("n\n");

        Assert.Equal(6, await terminal.EndAsync());
        Assert.Empty(peer.Requests);
        Assert.False(File.Exists(folder.File("config.json")));
    }

    private static Dictionary<string, string> Config(TemporaryFolder folder, params (string Name, string Value)[] more)
    {
        var environment = new Dictionary<string, string> { ["BACKSTAY_CONFIG"] = folder.File("config.json") };
        foreach (var (name, value) in more)
            environment[name] = value;
        return environment;
    }
}
