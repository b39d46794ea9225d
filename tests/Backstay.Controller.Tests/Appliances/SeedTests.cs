using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Backstay.Controller.Access;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Appliances;

public sealed class SeedTests
{
    [Fact]
    public async Task A_seed_says_where_the_controller_is_what_its_key_is_and_carries_a_token_for_a_day()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var host = await ControllerHost.StartAsync(time);
        using var admin = await host.AdminAsync();
        var box = await CreateAsync(admin);

        var seed = await ExportAsync(admin, box);

        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(host.DataFolder, "tls/certificate.pem"));
        Assert.Equal(Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo())), seed.Pins.Single());
        Assert.Equal((1, box.Id, "box"), (seed.Format, seed.ApplianceId, seed.ApplianceName));
        Assert.Equal($"https://127.0.0.1:{host.Address.Port}", seed.Controllers.Single());
        Assert.Equal(time.GetUtcNow().AddHours(24), seed.Expires);
        var row = await host.CatalogAsync(catalog => catalog.Appliances.SingleAsync());
        Assert.Equal(TokenAuthentication.HashOf(seed.Token), row.SeedTokenHash);
        Assert.Equal(seed.Expires, row.SeedExpires);
        await host.AssertNotInCatalogAsync(seed.Token);
    }

    [Fact]
    public async Task A_new_seed_voids_the_one_before()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var box = await CreateAsync(admin);
        var first = await ExportAsync(admin, box);

        var second = await ExportAsync(admin, box);

        Assert.NotEqual(first.Token, second.Token);
        Assert.Equal(
            TokenAuthentication.HashOf(second.Token), await host.CatalogAsync(catalog => catalog.Appliances.Select(a => a.SeedTokenHash).SingleAsync()));
    }

    [Fact]
    public async Task Configured_addresses_go_into_the_seed_in_their_order()
    {
        await using var host = await ControllerHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Listen:PublicUrls"] = "https://one.example.com:8443; https://two.example.com" });
        using var admin = await host.AdminAsync();

        Assert.Equal(["https://one.example.com:8443", "https://two.example.com"], (await ExportAsync(admin, await CreateAsync(admin))).Controllers);
    }

    [Fact]
    public async Task An_activated_appliance_gets_no_seed_until_it_is_deactivated()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var box = await CreateAsync(admin);
        var credential = TokenAuthentication.HashOf("credential");
        await host.CatalogAsync(catalog => catalog.Appliances.ExecuteUpdateAsync(set => set
            .SetProperty(a => a.CredentialHash, credential)
            .SetProperty(a => a.OnlineUntil, DateTimeOffset.MaxValue)));

        await (await admin.PostAsync($"/admin/appliances/{box.Id}/export", null))
            .AssertRefusedAsync(HttpStatusCode.PreconditionFailed, ErrorIds.ApplianceAlreadyActivated);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.PostAsync($"/admin/appliances/{box.Id}/deactivate", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.PostAsync($"/admin/appliances/{box.Id}/deactivate", null)).StatusCode);

        var row = await host.CatalogAsync(catalog => catalog.Appliances.SingleAsync());
        Assert.Equal((null, null, null), (row.CredentialHash, row.SeedTokenHash, row.OnlineUntil));
        await ExportAsync(admin, box);
    }

    [Fact]
    public async Task The_unfinished_backup_of_an_appliance_that_is_deactivated_ends_at_once_and_says_why()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);

        using var answer = await site.Admin.PostAsync($"/admin/appliances/{agent.ApplianceId}/deactivate", null);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        var status = await site.StatusAsync(agent, backup);
        Assert.Equal((BackupStatusWord.Done, BackupResult.Failure), (status.Status, status.Result));
        Assert.Contains("deactivated this appliance", status.Output, StringComparison.Ordinal);
        Assert.Equal(FailureReason.Cancelled, (await site.RowAsync(backup))!.Reason);
    }

    private static async Task<Appliance> CreateAsync(HttpClient client) =>
        await (await client.PostAsync("/admin/appliances", Answers.Json("""{"name": "box"}"""))).AssertOkAsync(AdminJson.Default.Appliance);

    private static async Task<Seed> ExportAsync(HttpClient client, Appliance appliance) =>
        await (await client.PostAsync($"/admin/appliances/{appliance.Id}/export", null)).AssertOkAsync(AgentJson.Default.Seed);
}
