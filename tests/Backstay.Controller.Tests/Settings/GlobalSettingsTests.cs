using System.Net;
using Backstay.Controller.Settings;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Settings;

public sealed class GlobalSettingsTests
{
    private const string Passphrase = "a passphrase nobody guesses";

    [Fact]
    public async Task At_first_the_backup_API_is_off_and_the_defaults_are_those_of_the_API()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var settings = await GetAsync(admin);

        Assert.False(settings.BackupApiEnabled);
        Assert.Null(settings.BackupPassphrase);
        Assert.Equal(720, settings.AdministrationTokenExpiration);
        Assert.NotEqual(Guid.Empty, settings.CollectiveId);
    }

    [Fact]
    public async Task A_field_that_is_left_out_keeps_its_value_and_the_collective_id_is_read_only()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var before = await PutAsync(admin, """
            {"claimsTokenExpiration": 1, "entitlementTokenExpiration": 2.5, "vpnCertificateExpiration": 3,
             "auditLogPersistenceMode": "Performance", "messageOfTheDay": "Good morning", "collectiveName": "North"}
            """);

        var after = await PutAsync(admin, $$"""{"loginBannerMessage": "Mind the step", "collectiveId": "{{Guid.NewGuid()}}"}""");

        Assert.Equal(before with { LoginBannerMessage = "Mind the step" }, after);
        Assert.Equal(after, await GetAsync(admin));
        Assert.Equal((1, 2.5, 3, "Performance"), (
            after.ClaimsTokenExpiration, after.EntitlementTokenExpiration, after.VpnCertificateExpiration, after.AuditLogPersistenceMode));
    }

    [Fact]
    public async Task The_backup_API_cannot_be_enabled_before_there_was_a_passphrase()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var refused = await admin.PutAsync("/admin/global-settings", Answers.Json("""{"backupApiEnabled": true, "messageOfTheDay": "lost"}"""));

        var error = await refused.AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
        Assert.Equal("backupPassphrase", error.Errors!.Single().Field);
        Assert.Equal("", (await GetAsync(admin)).MessageOfTheDay);
        Assert.True((await PutAsync(admin, $$"""{"backupApiEnabled": true, "backupPassphrase": "{{Passphrase}}"}""")).BackupApiEnabled);
        Assert.False((await PutAsync(admin, """{"backupApiEnabled": false}""")).BackupApiEnabled);
        Assert.True((await PutAsync(admin, """{"backupApiEnabled": true}""")).BackupApiEnabled);
    }

    [Fact]
    public async Task The_passphrase_is_for_the_controller_alone_not_for_answers_the_catalog_or_the_audit_log()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var put = await admin.PutAsync(
            "/admin/global-settings", Answers.Json($$"""{"backupApiEnabled": true, "backupPassphrase": "{{Passphrase}}"}"""));

        Assert.DoesNotContain("assphrase", await put.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("assphrase", await admin.GetStringAsync("/admin/global-settings"), StringComparison.Ordinal);
        await host.AssertNotInCatalogAsync(Passphrase);
        await using var scope = host.Services.CreateAsyncScope();
        var settings = await scope.ServiceProvider.GetRequiredService<SettingsReader>().GetAsync(CancellationToken.None);
        Assert.Equal((true, Passphrase), (settings.BackupApiEnabled, settings.RevealBackupPassphrase()));
        var lines = await host.CatalogAsync(catalog => catalog.AuditLog.Where(l => l.Action == "settings.change").ToListAsync());
        Assert.Equal(["backupApiEnabled", "backupPassphrase"], lines.Select(l => l.Target!).Order());
        Assert.Equal("False → True", lines.Single(l => l.Target == "backupApiEnabled").Detail);
        Assert.DoesNotContain(lines, line => line.Detail!.Contains(Passphrase, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"backupPassphrase": ""}""", "backupPassphrase")]
    [InlineData("""{"backupPassphrase": "two\nlines are too many"}""", "backupPassphrase")]
    [InlineData("""{"administrationTokenExpiration": 4}""", "administrationTokenExpiration")]
    [InlineData("""{"administrationTokenExpiration": 43201}""", "administrationTokenExpiration")]
    [InlineData("""{"claimsTokenExpiration": -1}""", "claimsTokenExpiration")]
    public async Task A_value_out_of_range_is_refused_by_the_name_of_its_field(string body, string field)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var error = await (await admin.PutAsync("/admin/global-settings", Answers.Json(body)))
            .AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);

        Assert.Equal(field, error.Errors!.Single().Field);
    }

    [Fact]
    public async Task Reading_is_not_writing()
    {
        await using var host = await ControllerHost.StartAsync();
        using var viewer = await host.SignInAsync(new Privilege(PrivilegeType.View, PrivilegeTarget.GlobalSetting));

        await GetAsync(viewer);
        await (await viewer.PutAsync("/admin/global-settings", Answers.Json("{}"))).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
    }

    private static async Task<GlobalSettings> GetAsync(HttpClient client) =>
        await (await client.GetAsync("/admin/global-settings")).AssertOkAsync(AdminJson.Default.GlobalSettings);

    private static async Task<GlobalSettings> PutAsync(HttpClient client, string body) =>
        await (await client.PutAsync("/admin/global-settings", Answers.Json(body))).AssertOkAsync(AdminJson.Default.GlobalSettings);
}
