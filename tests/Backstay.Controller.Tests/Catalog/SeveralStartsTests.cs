using System.Net;
using Backstay.Controller.Settings;
using Backstay.TestServers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Catalog;

/// <summary>Several controllers that start at the same moment on one PostgreSQL database.</summary>
public sealed class SeveralStartsTests
{
    [Fact]
    public async Task Of_three_on_an_empty_database_one_makes_its_tables_its_first_user_and_its_keys()
    {
        var settings = await (await TestPostgres.CurrentAsync()).SettingsAsync();
        settings["Setup:AdminPassword"] = "";
        settings["Setup:EnableBackups"] = "true";
        var hosts = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ControllerHost.StartAsync(settings: settings)));
        try
        {
            var password = await KeptAsync(hosts, "admin-password");
            var passphrase = await KeptAsync(hosts, "backup-passphrase");
            foreach (var host in hosts)
            {
                Assert.Equal(HttpStatusCode.OK, (await host.LoginAsync("admin", password)).StatusCode);
                await using var scope = host.Services.CreateAsyncScope();
                var inForce = await scope.ServiceProvider.GetRequiredService<SettingsReader>().GetAsync(CancellationToken.None);
                Assert.Equal(passphrase, inForce.RevealBackupPassphrase());
            }

            Assert.Equal((1, 1, 1, 1, 1), await hosts[0].CatalogAsync(async catalog => (
                await catalog.LocalUsers.CountAsync(),
                await catalog.AdministrativeRoles.CountAsync(),
                await catalog.Settings.CountAsync(),
                await catalog.DataProtectionKeys.CountAsync(),
                await catalog.AuditLog.CountAsync(line => line.Action == "user.create"))));
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_controller_that_starts_before_its_database_waits_for_it()
    {
        await using var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await server.StopAsync();
        var starting = ControllerHost.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Catalog:Provider"] = "postgres",
            ["Catalog:ConnectionString"] = database,
        });
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.False(starting.IsCompleted);
        await server.StartAgainAsync();
        await using var host = await starting;
        Assert.Equal(HttpStatusCode.OK, (await host.LoginAsync("admin", ControllerHost.AdminPassword)).StatusCode);
    }

    [Fact]
    public async Task What_the_model_says_is_what_the_migrations_make()
    {
        await using var host = await ControllerHost.StartAsync();

        Assert.False(await host.CatalogAsync(catalog => Task.FromResult(catalog.Database.HasPendingModelChanges())));
        Assert.Empty(await host.CatalogAsync(catalog => catalog.Database.GetPendingMigrationsAsync()));
    }

    /// <summary>What one of them, and no other, made and kept.</summary>
    private static async Task<string> KeptAsync(IEnumerable<ControllerHost> hosts, string file) =>
        (await File.ReadAllTextAsync(Assert.Single(hosts.Select(host => Path.Combine(host.DataFolder, file)), File.Exists))).Trim();
}
