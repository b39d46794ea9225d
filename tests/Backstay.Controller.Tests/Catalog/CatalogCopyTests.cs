using System.Net;
using System.Net.Http.Json;
using Backstay.Controller.Catalog;
using Backstay.Controller.Hosting;
using Backstay.Controller.Settings;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Commands;
using Backstay.Protocol.Admin;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Catalog;

/// <summary>The move from one machine's catalog to one for several controllers.</summary>
public sealed class CatalogCopyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;

    private string CatalogFile => Path.Combine(_folder, "catalog.db");

    [Fact]
    public async Task A_controller_on_the_copy_goes_on_where_the_one_before_stopped()
    {
        string token, credential, lists;
        Guid appliance, backup;
        byte[] archive;
        long lastLine;
        await using (var site = await BackupSite.StartAsync(settings: Sqlite(), folder: _folder))
        {
            var agent = await site.AddOnlineAsync("gw-01", ["north"]);
            (backup, archive) = await site.MakeBackupAsync(agent);
            await site.FailBackupAsync(agent);
            await site.StartBackupAsync(agent, new { notifyUrl = "http://192.0.2.1/hook" });
            token = (await (await site.Host.LoginAsync("admin", ControllerHost.AdminPassword)).AssertOkAsync(AdminJson.Default.LoginResponse)).Token;
            (appliance, credential) = (agent.ApplianceId, agent.Http.DefaultRequestHeaders.Authorization!.Parameter!);
            await agent.DisconnectAsync();
            await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.Verification, VerificationState.Verified)));
            lists = await ListsAsync(site.Admin);
            lastLine = await site.Host.CatalogAsync(catalog => catalog.AuditLog.MaxAsync(line => line.Sequence));
        }

        SqliteConnection.ClearAllPools();
        var before = await SourceAsync();
        var settings = await (await TestPostgres.CurrentAsync()).SettingsAsync();
        var told = new List<CopiedRows>();
        var rows = await CopyAsync(settings, told);

        Assert.Equal(rows, told.GroupBy(t => t.Table).Sum(table => table.Last().Rows));
        Assert.Contains(told, t => t is { Table: "data_protection_keys", Rows: > 0 });
        Assert.Equal(before, await SourceAsync());

        await using var moved = await ControllerHost.StartAsync(settings: settings, folder: _folder);
        using var admin = moved.NewClient(token);
        Assert.Equal(lists, await ListsAsync(admin));
        await using (var scope = moved.Services.CreateAsyncScope())
        {
            var inForce = await scope.ServiceProvider.GetRequiredService<SettingsReader>().GetAsync(CancellationToken.None);
            Assert.Equal(BackupSite.Passphrase, inForce.RevealBackupPassphrase());
        }

        await using var again = new RawAgent(moved.NewClient(credential), appliance);
        Assert.Equal(archive, await admin.GetByteArrayAsync(BackupSite.Path(again, backup)));
        await again.ConnectAsync();
        await (await admin.PostAsJsonAsync("/admin/appliances", new { name = "gw-02" })).AssertOkAsync(AdminJson.Default.Appliance);
        await (await admin.PostAsJsonAsync("/admin/appliances", new { name = "GW-01" })).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        Assert.Equal(lastLine + 1, await moved.CatalogAsync(
            catalog => catalog.AuditLog.Where(line => line.Target == "gw-02").Select(line => line.Sequence).SingleAsync()));
    }

    [Fact]
    public async Task A_database_that_holds_something_is_refused_and_stays_as_it_is()
    {
        await using (await ControllerHost.StartAsync(settings: Sqlite(), folder: _folder))
        {
        }

        SqliteConnection.ClearAllPools();
        var settings = await (await TestPostgres.CurrentAsync()).SettingsAsync();
        await using var there = await ControllerHost.StartAsync(settings: settings);

        var refused = await Assert.ThrowsAsync<StartupException>(() => CopyAsync(settings));

        Assert.Contains("holds a catalog already", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await there.CatalogAsync(catalog => catalog.LocalUsers.CountAsync()));
    }

    [Fact]
    public async Task A_catalog_that_a_controller_has_open_is_refused()
    {
        await using var running = await ControllerHost.StartAsync(settings: Sqlite(), folder: _folder);

        var refused = await Assert.ThrowsAsync<StartupException>(async () => await CopyAsync(await (await TestPostgres.CurrentAsync()).SettingsAsync()));

        Assert.Contains("Stop the controller first", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""DELETE FROM "__EFMigrationsHistory" WHERE "MigrationId" LIKE '%AppendOnly'""", "older version")]
    [InlineData("""INSERT INTO "__EFMigrationsHistory" VALUES ('29990101000000_Later', '99')""", "newer version")]
    [InlineData("""DELETE FROM "__EFMigrationsHistory" """, "isn't a catalog")]
    public async Task A_catalog_of_another_schema_is_refused(string change, string reason)
    {
        await using (var host = await ControllerHost.StartAsync(settings: Sqlite(), folder: _folder))
        {
            await host.CatalogAsync(catalog => catalog.Database.ExecuteSqlRawAsync(change));
        }

        SqliteConnection.ClearAllPools();
        var refused = await Assert.ThrowsAsync<StartupException>(async () => await CopyAsync(await (await TestPostgres.CurrentAsync()).SettingsAsync()));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_fails_half_way_leaves_nothing_and_can_be_made_again()
    {
        await using (var host = await ControllerHost.StartAsync(settings: Sqlite(), folder: _folder))
        {
            // Two names for SQLite, which knows letter case from A to Z; one for PostgreSQL.
            await host.CatalogAsync(async catalog =>
            {
                foreach (var name in new[] { "Zürich", "ZÜRICH" })
                {
                    catalog.Appliances.Add(new ApplianceEntity
                    {
                        Id = Guid.NewGuid(),
                        Name = name,
                        Notes = "with a NUL \0 in it",
                        Created = DateTimeOffset.UnixEpoch,
                        Updated = DateTimeOffset.UnixEpoch,
                    });
                }

                await catalog.SaveChangesAsync();
            });
        }

        SqliteConnection.ClearAllPools();
        var settings = await (await TestPostgres.CurrentAsync()).SettingsAsync();
        var refused = await Assert.ThrowsAsync<StartupException>(() => CopyAsync(settings));
        Assert.Contains("appliances", refused.Message, StringComparison.Ordinal);

        await using (var host = await ControllerHost.StartAsync(settings: Sqlite(), folder: _folder))
        {
            await host.CatalogAsync(catalog => catalog.Appliances.Where(a => a.Name == "ZÜRICH").ExecuteDeleteAsync());
        }

        SqliteConnection.ClearAllPools();
        await CopyAsync(settings);
        await using var moved = await ControllerHost.StartAsync(settings: settings, folder: _folder);
        Assert.Equal("with a NUL \uFFFD in it", await moved.CatalogAsync(catalog => catalog.Appliances.Select(a => a.Notes).SingleAsync()));
    }

    [Fact]
    public async Task The_command_copies_the_catalog_of_the_data_folder_and_says_how_much()
    {
        await using (await ControllerHost.StartAsync(settings: Sqlite(), folder: _folder))
        {
        }

        SqliteConnection.ClearAllPools();
        var settings = await (await TestPostgres.CurrentAsync()).SettingsAsync();
        var (code, output, errors) = await ControllerProgram.RunAsync(
            ["catalog", "copy", "--data", _folder, .. settings.Select(setting => $"--{setting.Key}={setting.Value}")]);

        Assert.Equal((0, ""), (code, code == 0 ? "" : errors));
        Assert.Contains("rows of", output, StringComparison.Ordinal);
        Assert.Contains("data_protection_keys: 1 rows", errors, StringComparison.Ordinal);
        await using var moved = await ControllerHost.StartAsync(settings: settings, folder: _folder);
        Assert.Equal(HttpStatusCode.OK, (await moved.LoginAsync("admin", ControllerHost.AdminPassword)).StatusCode);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Dictionary<string, string?> Sqlite() => new() { ["Catalog:Provider"] = "sqlite" };

    private Task<long> CopyAsync(Dictionary<string, string?> settings, List<CopiedRows>? told = null) => CatalogCopy.RunAsync(
        CatalogFile,
        new CatalogOptions { Provider = CatalogProvider.Postgres, ConnectionString = settings["Catalog:ConnectionString"]! },
        new Told(told ?? []),
        CancellationToken.None);

    /// <summary>What clients see of everything.</summary>
    private static async Task<string> ListsAsync(HttpClient client)
    {
        var lists = new List<string>();
        foreach (var path in new[] { "appliances", "backups", "notifications/deliveries", "local-users", "administrative-roles", "global-settings", "audit-log" })
            lists.Add(Rounded(await client.GetStringAsync($"/admin/{path}")));
        return string.Join('\n', lists);
    }

    /// <summary>PostgreSQL keeps times to the microsecond; JSON leaves out the zeros that end a fraction.</summary>
    private static string Rounded(string json) =>
        System.Text.RegularExpressions.Regex.Replace(json, @"(\.\d{6})\d(?=\+|Z)", time => time.Groups[1].Value.TrimEnd('0').TrimEnd('.'));

    /// <summary>Every row of the SQLite file.</summary>
    private async Task<string> SourceAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={CatalogFile};Mode=ReadOnly;Pooling=false");
        await connection.OpenAsync();
        var text = new System.Text.StringBuilder();
        foreach (var table in new[] { "appliances", "backups", "parts", "deliveries", "delivery_tries", "settings", "local_users", "administrative_roles", "tokens", "audit_log", "data_protection_keys" })
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT * FROM {table}";
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                for (var i = 0; i < reader.FieldCount; i++)
                    text.Append(reader.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : reader.GetValue(i)).Append('|');
            }
        }

        return text.ToString();
    }

    private sealed class Told(List<CopiedRows> told) : IProgress<CopiedRows>
    {
        public void Report(CopiedRows value) => told.Add(value);
    }
}
