using System.Net;
using Backstay.Controller.Settings;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Hosting;

public sealed class FirstStartTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Without_a_word_about_it_the_backup_API_stays_off_and_no_passphrase_is_made()
    {
        await using var host = await ControllerHost.StartAsync();

        Assert.False(File.Exists(Path.Combine(host.DataFolder, "backup-passphrase")));
        Assert.Equal((false, null), await SettingsAsync(host));
    }

    [Fact]
    public async Task Random_secrets_are_kept_for_the_owner_alone_and_are_the_ones_in_force()
    {
        await using var host = await ControllerHost.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Setup:AdminPassword"] = "",
            ["Setup:EnableBackups"] = "true",
        });
        var password = Path.Combine(host.DataFolder, "admin-password");
        var passphrase = Path.Combine(host.DataFolder, "backup-passphrase");

        Assert.Equal((OwnerOnly, OwnerOnly), (File.GetUnixFileMode(password), File.GetUnixFileMode(passphrase)));
        Assert.Equal(TestPostgres.IsAsked ? null : OwnerOnly, ModeOf(Path.Combine(host.DataFolder, "catalog.db")));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(host.DataFolder, "tls/key.pem")));
        await (await host.LoginAsync("admin", (await File.ReadAllTextAsync(password)).Trim())).AssertOkAsync(AdminJson.Default.LoginResponse);
        Assert.Equal((true, (await File.ReadAllTextAsync(passphrase)).Trim()), await SettingsAsync(host));
        await host.AssertNotInCatalogAsync((await File.ReadAllTextAsync(password)).Trim(), (await File.ReadAllTextAsync(passphrase)).Trim());
    }

    [Fact]
    public async Task Secrets_from_the_environment_are_used_and_not_written_to_files()
    {
        await using var host = await ControllerHost.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Setup:AdminPassword"] = "",
            ["BACKSTAY_ADMIN_PASSWORD"] = "from the environment",
            ["BACKSTAY_PASSPHRASE"] = "a passphrase from outside",
            ["Setup:EnableBackups"] = "true",
        });

        await (await host.LoginAsync("admin", "from the environment")).AssertOkAsync(AdminJson.Default.LoginResponse);
        Assert.Equal((true, "a passphrase from outside"), await SettingsAsync(host));
        Assert.False(File.Exists(Path.Combine(host.DataFolder, "admin-password")));
        Assert.False(File.Exists(Path.Combine(host.DataFolder, "backup-passphrase")));
    }

    [Fact]
    public async Task A_later_start_changes_nothing_whatever_it_is_told()
    {
        var folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
        try
        {
            string pin;
            await using (var first = await ControllerHost.StartAsync(folder: folder))
            {
                using var admin = await first.AdminAsync();
                await (await admin.PutAsync("/admin/global-settings", Answers.Json(
                    """{"backupApiEnabled": false, "backupPassphrase": "the one that was set"}"""))).AssertOkAsync(AdminJson.Default.GlobalSettings);
                pin = first.Services.GetRequiredService<Backstay.Controller.Hosting.ServingCertificate>().Pin;
            }

            await using var second = await ControllerHost.StartAsync(folder: folder, settings: new Dictionary<string, string?>
            {
                ["Setup:AdminPassword"] = "another password now",
                ["Setup:BackupPassphrase"] = "another passphrase now",
                ["Setup:EnableBackups"] = "true",
            });

            Assert.Equal((false, "the one that was set"), await SettingsAsync(second));
            Assert.Equal(HttpStatusCode.OK, (await second.LoginAsync("admin", ControllerHost.AdminPassword)).StatusCode);
            Assert.Equal(HttpStatusCode.Unauthorized, (await second.LoginAsync("admin", "another password now")).StatusCode);
            Assert.Equal(pin, second.Services.GetRequiredService<Backstay.Controller.Hosting.ServingCertificate>().Pin);
            Assert.Equal(1, await second.CatalogAsync(catalog => catalog.LocalUsers.CountAsync(u => u.Name == "admin")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_start_that_crashed_between_the_file_and_the_catalog_is_finished_with_what_it_kept()
    {
        var folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "admin-password"), "kept by the crashed start\n");
            await using var host = await ControllerHost.StartAsync(
                folder: folder, settings: new Dictionary<string, string?> { ["Setup:AdminPassword"] = "" });

            Assert.Equal(HttpStatusCode.OK, (await host.LoginAsync("admin", "kept by the crashed start")).StatusCode);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static UnixFileMode? ModeOf(string file) => File.Exists(file) ? File.GetUnixFileMode(file) : null;

    private static async Task<(bool Enabled, string? Passphrase)> SettingsAsync(ControllerHost host)
    {
        await using var scope = host.Services.CreateAsyncScope();
        var settings = await scope.ServiceProvider.GetRequiredService<SettingsReader>().GetAsync(CancellationToken.None);
        return (settings.BackupApiEnabled, settings.RevealBackupPassphrase());
    }
}
