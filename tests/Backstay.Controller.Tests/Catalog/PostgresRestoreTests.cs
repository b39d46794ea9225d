using System.Diagnostics;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Commands;
using Backstay.Protocol.Admin;
using Npgsql;

namespace Backstay.Controller.Tests.Catalog;

/// <summary>The lines that docs/operations.md has for a catalog in PostgreSQL, run as they stand there.</summary>
public sealed class PostgresRestoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;

    private string Data => Path.Combine(_folder, "data");

    [Fact]
    public async Task A_restored_dump_and_a_rebuild_list_what_came_after_it_too_and_everybody_signs_in_again()
    {
        var servers = await TestPostgres.CurrentAsync();
        var (settings, restored) = (await SettingsAsync(servers), await SettingsAsync(servers));
        var dump = Path.Combine(_folder, "backstay.dump");
        Directory.CreateDirectory(Data);
        Guid before, after;
        byte[] beforeArchive, afterArchive;
        string credential, token;
        Agents.RawAgent agent;
        await using (var site = await BackupSite.StartAsync(folder: Data, settings: settings))
        {
            agent = await site.AddOnlineAsync("gw-1");
            (before, beforeArchive) = await site.MakeBackupAsync(agent);
            // As an agent's postgresql source makes it.
            await RunAsync("pg_dump", "--format=custom", "--compress=0", $"--dbname={Uri(settings)}", $"--file={dump}");
            (after, afterArchive) = await site.MakeBackupAsync(agent);
            credential = agent.Http.DefaultRequestHeaders.Authorization!.Parameter!;
            token = (await (await site.Host.LoginAsync("admin", ControllerHost.AdminPassword)).AssertOkAsync(AdminJson.Default.LoginResponse)).Token;
        }

        await RunAsync("pg_restore", "--no-owner", "--role=postgres", "-d", Uri(restored), dump);
        await RunAsync("psql", "-d", Uri(restored), "-c", "DELETE FROM tokens");
        var (code, output, errors) = await ControllerProgram.RunAsync(
            ["catalog", "rebuild", "--data", Data, .. restored.Select(setting => $"--{setting.Key}={setting.Value}")]);

        Assert.True(code == 0, errors);
        Assert.Contains("1 backups added, 1 already in the catalog", output, StringComparison.Ordinal);
        await using (var site = await BackupSite.StartAsync(folder: Data, settings: restored))
        {
            Assert.Equal(beforeArchive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, before)));
            Assert.Equal(afterArchive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, after)));
            using var old = site.Host.NewClient(token);
            using var refused = await old.GetAsync("/admin/appliances");
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
            var reconnected = site.Agent(agent.ApplianceId, credential);
            await reconnected.ConnectAsync(); // what agents were given is in the dump
            await site.MakeBackupAsync(reconnected);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<Dictionary<string, string?>> SettingsAsync(TestPostgres servers) =>
        new(await servers.SettingsAsync()) { ["Storage:Provider"] = "folder" };

    private static string Uri(Dictionary<string, string?> settings)
    {
        var database = new NpgsqlConnectionStringBuilder(settings["Catalog:ConnectionString"]);
        return $"postgresql://{database.Username}@{database.Host}:{database.Port}/{database.Database}";
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {errors}{await output}");
    }
}
