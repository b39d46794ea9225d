using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Backstay.Protocol.Admin;
using Backstay.TestServers;

namespace Backstay.EndToEnd;

/// <summary>Drills with a controller, the appliance's agent and a drill machine's, each a process of its own.</summary>
public sealed class DrillTests
{
    private const string Database = "shop";
    private const int Orders = 1000;

    /// <summary>What an operator would configure: the dump is restored into a scratch server, and counted there.</summary>
    private const string CountOrders =
        """
        #!/bin/sh
        set -e
        export PGHOST=127.0.0.1 PGPORT=$1 PGUSER=postgres
        createdb drill || exit 75
        trap 'dropdb drill' EXIT
        pg_restore --exit-on-error --dbname=drill "$BACKSTAY_DRILL_ROOT/state/databases/postgresql/shop.dump"
        orders=$(psql --no-psqlrc --no-align --tuples-only --dbname=drill --command='SELECT count(*) FROM orders')
        echo "$BACKSTAY_APPLIANCE_NAME ($BACKSTAY_SECTIONS): $orders orders, expected $2"
        test "$orders" -eq "$2"
        """;

    [Theory]
    [InlineData(Orders, DrillState.Passed, VerificationState.Verified)]
    [InlineData(Orders + 1, DrillState.Failed, VerificationState.Damaged)]
    public async Task A_dump_is_restored_into_a_scratch_server_and_its_rows_are_counted(int expected, DrillState state, VerificationState verification)
    {
        await using var production = await PostgresServer.StartAsync();
        await using var scratch = await PostgresServer.StartAsync();
        await production.CreateDatabaseAsync(Database);
        await production.ExecuteAsync($"CREATE TABLE orders AS SELECT generate_series(1, {Orders}) AS id", Database);
        await using var installation = await Installation.StartAsync(("Drills__AskInterval", "00:00:01"));
        await using var shop = await installation.AddAgentAsync("shop", Source(installation), state:
            $$"""{ "postgresql": { "database": "{{Database}}", "globals": false, "host": "127.0.0.1", "port": {{production.Port}}, "user": "postgres" } }""");
        var check = Script(installation, "count-orders", CountOrders);
        await using var machine = await installation.AddAgentAsync("drill-01", Source(installation), drill: Section(
            installation,
            $$"""
            { "name": "orders", "command": ["{{check}}", "{{scratch.Port}}", "{{expected}}"], "timeout": "2m", "appliances": ["Shop"] },
            { "name": "others", "command": ["false"], "tags": ["no-such-tag"] }
            """));
        await EnableAsync(installation, machine, shop);
        var backup = await installation.StartBackupAsync(shop.Appliance);
        await installation.SuccessAsync(shop, backup);

        var drill = await EndAsync(installation, await StartAsync(installation, shop, backup), machine);

        Assert.True(drill.State == state, $"{drill.Message}\n{string.Join('\n', drill.Checks)}\n{machine.Said}");
        var result = Assert.Single(drill.Checks);
        Assert.Equal(("orders", state == DrillState.Passed, state == DrillState.Passed ? 0 : 1), (result.Name, result.Passed, result.ExitCode));
        Assert.Equal($"shop (config state): {Orders} orders, expected {expected}", result.Output);
        Assert.True(result.Seconds > 0);
        Assert.Equal((machine.Appliance, "drill-01", "admin"), (drill.MachineId, drill.MachineName, drill.RequestedBy));
        Assert.Equal(verification, (await installation.BackupAsync(shop.Appliance, backup)).Verification);
        Assert.Empty(Directory.GetDirectories(Scratch(installation)));
    }

    [Fact]
    public async Task What_a_killed_drill_machine_left_is_removed_at_its_next_start_and_the_drill_is_done_again()
    {
        await using var installation = await Installation.StartAsync(("Drills__AskInterval", "00:00:01"));
        await using var box = await installation.AddAgentAsync("box", Source(installation));
        var met = Path.Combine(installation.Folder, "met");
        var check = Script(installation, "hang-once", $"#!/bin/sh\nif test ! -e {met}; then touch {met}; pwd -P; exec sleep 1000; fi\n");
        await using var machine = await installation.AddAgentAsync(
            "drill-01", Source(installation), drill: Section(installation, $$"""{ "name": "hangs-once", "command": ["{{check}}"] }"""));
        await EnableAsync(installation, machine, box);
        var backup = await installation.StartBackupAsync(box.Appliance);
        await installation.SuccessAsync(box, backup);

        var drill = await StartAsync(installation, box, backup);
        await Eventually.TrueAsync(() => Task.FromResult(File.Exists(met)), TimeSpan.FromMinutes(1), () => machine.Said);
        await machine.KillAsync();
        var left = Assert.Single(Directory.GetDirectories(Scratch(installation)));
        Assert.True(File.Exists(Path.Combine(left, "root", "backstay", "SHA256SUMS")));
        machine.Start();
        var ended = await EndAsync(installation, drill, machine);

        Assert.Equal((DrillState.Passed, 2), (ended.State, ended.Attempt));
        Assert.Empty(Directory.GetDirectories(Scratch(installation)));
        var still = await Command.ShellAsync($"grep -lasF '{left}' /proc/[0-9]*/environ || true");
        Assert.Equal("", still);
    }

    [Fact]
    public async Task The_newest_good_backup_is_drilled_without_being_asked_for()
    {
        await using var installation = await Installation.StartAsync(("Drills__AskInterval", "00:00:01"), ("Drills__LookInterval", "00:00:01"));
        await using var box = await installation.AddAgentAsync("box", Source(installation));
        var backup = await installation.StartBackupAsync(box.Appliance);
        await installation.SuccessAsync(box, backup);
        await using var machine = await installation.AddAgentAsync("drill-01", Source(installation), drill: Section(installation, ""));
        await EnableAsync(installation, machine, box, everyDays: 30);

        Drill? drill = null;
        await Eventually.TrueAsync(
            async () => (drill = (await ListAsync(installation)).Data.SingleOrDefault()) is { State: DrillState.Passed },
            TimeSpan.FromMinutes(1),
            () => $"{drill}\n{machine.Said}\n{installation.ControllerSaid}");

        Assert.Equal((backup, "schedule"), (drill!.BackupId, drill.RequestedBy));
        Assert.Contains("no check is configured", drill.Message, StringComparison.Ordinal);
    }

    private static string Scratch(Installation installation) => Path.Combine(installation.Folder, "scratch");

    private static string Source(Installation installation)
    {
        var source = Directory.CreateDirectory(Path.Combine(installation.Folder, "source")).FullName;
        File.WriteAllText(Path.Combine(source, "settings"), "answer=42\n");
        return source;
    }

    private static string Script(Installation installation, string name, string text)
    {
        var file = Path.Combine(installation.Folder, name);
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }

    private static string Section(Installation installation, string checks)
    {
        var key = Path.Combine(installation.Folder, "passphrase");
        File.WriteAllText(key, Installation.Passphrase + "\n");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return $$"""{ "scratchDirectory": "{{Scratch(installation)}}", "spaceLimit": "1GB", "passphraseFile": "{{key}}", "checks": [ {{checks}} ] }""";
    }

    private static async Task EnableAsync(Installation installation, AgentUnderTest machine, AgentUnderTest reads, int? everyDays = null)
    {
        using var answer = await installation.Http.PutAsJsonAsync(
            $"/admin/drill-machines/{machine.Appliance}",
            new DrillMachine(Appliances: new ApplianceSelection(Ids: [reads.Appliance]), EveryDays: everyDays),
            AdminJson.Default.DrillMachine);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<Drill> StartAsync(Installation installation, AgentUnderTest agent, Guid backup)
    {
        using var answer = await installation.Http.PostAsync($"/admin/appliances/{agent.Appliance}/backup/{backup}/drill", content: null);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(AdminJson.Default.Drill))!;
    }

    private static async Task<Drill> EndAsync(Installation installation, Drill drill, AgentUnderTest machine)
    {
        await Eventually.TrueAsync(
            async () => (drill = (await installation.Http.GetFromJsonAsync($"/admin/drills/{drill.Id}", AdminJson.Default.Drill))!).State >= DrillState.Passed,
            TimeSpan.FromMinutes(3),
            () => string.Create(CultureInfo.InvariantCulture, $"{drill}\n{machine.Said}\n{installation.ControllerSaid}"));
        return drill;
    }

    private static async Task<PagedList<Drill>> ListAsync(Installation installation) =>
        (await installation.Http.GetFromJsonAsync("/admin/drills", AdminJson.Default.PagedListDrill))!;
}
