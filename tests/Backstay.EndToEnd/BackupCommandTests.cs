using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Backstay.Protocol.Admin;
using Backstay.TestServers;

namespace Backstay.EndToEnd;

/// <summary>
/// <c>backstay backup …</c> with a real controller and a real agent, signed in as a user whose only privilege is <c>Backup</c> on one
/// appliance.
/// </summary>
public sealed partial class BackupCommandTests
{
    private const string OperatorPassword = "the operator's password 42";

    [Fact]
    public async Task A_backup_is_run_listed_shown_cancelled_and_deleted_with_the_privilege_for_backups_alone()
    {
        await using var installation = await Installation.StartAsync();
        var source = Path.Combine(installation.Folder, "source");
        await Trees.MakeNoiseAsync(source, 2);
        await using var agent = await installation.AddAgentAsync("gw-01", source, rateLimit: "1MB/s");
        await using var other = await installation.AddAgentAsync("gw-02", source);
        await SignInOperatorAsync(installation, agent.Appliance);

        var run = (await CliAsync(installation, "backup", "run", "gw-01", "--logs", "--audit", "--wait", "--output", "json")).Expect(0);
        var record = JsonElement.Parse(run.Output)[0].GetProperty("backup");
        var first = record.GetProperty("id").GetGuid();
        Assert.Equal("success", record.GetProperty("result").GetString());
        Assert.True(record.GetProperty("logs").GetBoolean() && record.GetProperty("audit").GetBoolean());
        Assert.Contains("gw-01: success", run.Errors, StringComparison.Ordinal);

        (await CliAsync(installation, "backup", "run", "gw-02")).Expect(5);
        Assert.Single((await CliAsync(installation, "appliance", "list")).Expect(0).Output.Trim().Split('\n').Skip(1));

        // A socket can't be archived: a warning, which is exit code 3 and is told.
        var socket = Path.Combine(source, "s");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        var warned = (await CliAsync(installation, "backup", "run", $"{agent.Appliance}", "--wait")).Expect(3);
        Assert.Contains($"warning: gw-01: config: {socket}: ", warned.Errors, StringComparison.Ordinal);
        var shown = (await CliAsync(installation, "backup", "show", "gw-01")).Expect(0);
        Assert.Contains($"config: {socket}: ", shown.Output, StringComparison.Ordinal);
        Assert.Contains("config: 2 files, 2.10 MB, 1 warning", shown.Output, StringComparison.Ordinal);
        listener.Dispose();

        // Long enough to be stopped.
        await Trees.MakeNoiseAsync(source, 60);
        (await CliAsync(installation, "backup", "run", "gw-01")).Expect(0);
        var waiting = CliAsync(installation, "backup", "show", "gw-01", "latest", "--wait");
        var cancelled = (await CliAsync(installation, "backup", "cancel", "gw-01")).Expect(0);
        Assert.StartsWith("Cancelled ", cancelled.Output, StringComparison.Ordinal);
        Assert.Contains("failure", (await waiting).Expect(1).Output, StringComparison.Ordinal);

        var list = JsonElement.Parse((await CliAsync(installation, "backup", "list", "gw-01", "--output", "json")).Expect(0).Output);
        Assert.Equal(["failure", "success", "success"], list.EnumerateArray().Select(backup => backup.GetProperty("result").GetString()));
        Assert.Equal("cancelled", list[0].GetProperty("reason").GetString());
        (await CliAsync(installation, "backup", "delete", "gw-01", $"{first}", "--yes")).Expect(0);
        (await CliAsync(installation, "backup", "show", "gw-01", $"{first}")).Expect(5);
        (await CliAsync(installation, "backup", "cancel", "gw-01")).Expect(5);
    }

    [Fact]
    public async Task A_download_that_is_cut_goes_on_where_it_stopped()
    {
        await using var installation = await Installation.StartAsync();
        var source = Path.Combine(installation.Folder, "source");
        await Trees.MakeNoiseAsync(source, 24);
        await using var agent = await installation.AddAgentAsync("gw-01", source);
        await SignInOperatorAsync(installation, agent.Appliance);
        var backup = await installation.StartBackupAsync(agent.Appliance);
        await installation.SuccessAsync(agent, backup);
        await using var link = new Relay(installation.Port);
        var file = Path.Combine(installation.Folder, "gw-01.gpg");
        string[] download = ["backup", "download", "gw-01", "latest", "--to", file, "--retries", "0", "--controller", $"https://127.0.0.1:{link.Port}"];
        var token = await TokenAsync(installation);

        link.CutAfter(12 << 20);
        var cut = (await CliAsync(installation, token, download)).Expect(6);
        Assert.Contains("goes on from there", cut.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        var part = Assert.Single(Directory.GetFiles(installation.Folder, "gw-01.gpg.*.part"));
        var kept = new FileInfo(part).Length;
        Assert.InRange(kept, 1, 20 << 20);

        link.Join();
        // Less than the whole archive may pass: it is only enough for who doesn't begin anew.
        link.CutAfter((27 << 20) - kept);
        (await CliAsync(installation, token, download)).Expect(0);

        Assert.False(File.Exists(part));
        await Installation.OpenWithStockToolsAsync(file);
    }

    private static async Task SignInOperatorAsync(Installation installation, Guid appliance)
    {
        var admin = new AdminClient(installation.Http, installation.Http.DefaultRequestHeaders.Authorization!.Parameter);
        var backup = new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, [appliance]));
        var role = await admin.CreateRoleAsync(new AdministrativeRole(null, "Backups of one", Privileges: [backup]), CancellationToken.None);
        await admin.CreateUserAsync(
            new LocalUser(null, "operator", Password: OperatorPassword, Roles: [role.Id!.Value]), CancellationToken.None);
        (await Command.RunAsync(
            Programs.Cli, ["login", "--username", "operator", "--password-stdin"], Settings(installation), OperatorPassword + "\n")).Expect(0);
    }

    private static Task<Outcome> CliAsync(Installation installation, params string[] arguments) =>
        Command.RunAsync(Programs.Cli, arguments, Settings(installation));

    private static Task<Outcome> CliAsync(Installation installation, string token, string[] arguments) =>
        Command.RunAsync(Programs.Cli, arguments, new Dictionary<string, string?>(Settings(installation)) { ["BACKSTAY_TOKEN"] = token });

    /// <summary>Of the sign-in, for use at another address of the same controller.</summary>
    private static async Task<string> TokenAsync(Installation installation) =>
        Token().Match(await File.ReadAllTextAsync(Settings(installation)["BACKSTAY_CONFIG"]!)).Groups[1].Value;

    private static Dictionary<string, string?> Settings(Installation installation) => new()
    {
        ["BACKSTAY_CONFIG"] = Path.Combine(installation.Folder, "cli.json"),
        ["BACKSTAY_CONTROLLER"] = installation.Address.ToString(),
        ["BACKSTAY_TRUST_PIN"] = Pin().Match(installation.ControllerSaid).Value,
    };

    [GeneratedRegex("sha256/[A-Za-z0-9+/]{43}=")]
    private static partial Regex Pin();

    [GeneratedRegex("\"token\": *\"([^\"]+)\"")]
    private static partial Regex Token();
}
