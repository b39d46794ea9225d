using System.Net;
using System.Net.Http.Json;
using Backstay.Controller.Access;
using Backstay.Controller.Catalog;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Agents;

public sealed class EnrolmentTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_token_gives_one_credential_once_and_the_credential_works()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var (appliance, token) = await SeedAsync(site, "enrolling-gw");
        using var answer = await EnrolAsync(site, appliance, token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var enrolled = (await answer.Content.ReadFromJsonAsync(AgentJson.Default.EnrolResponse))!;
        Assert.Equal((appliance, "enrolling-gw"), (enrolled.ApplianceId, enrolled.ApplianceName));
        await site.Agent(appliance, enrolled.Credential).ConnectAsync();

        using var again = await EnrolAsync(site, appliance, token);
        Assert.Equal(ErrorIds.Unauthorized, (await BackupSite.ErrorAsync(again, HttpStatusCode.Unauthorized)).Id);
        var row = await site.Host.CatalogAsync(catalog => catalog.Appliances.AsNoTracking().SingleAsync(a => a.Id == appliance));
        Assert.Equal(TokenAuthentication.HashOf(enrolled.Credential), row.CredentialHash);
        Assert.Equal(("host.example", "1.2.3"), (row.Hostname, row.AgentVersion));
        Assert.Null(row.SeedTokenHash);
        var line = await site.Host.CatalogAsync(catalog => catalog.AuditLog.AsNoTracking().SingleAsync(a => a.Action == "appliance.enrol"));
        Assert.Equal(("agent:enrolling-gw", "enrolling-gw"), (line.Actor, line.Target));
    }

    [Fact]
    public async Task Of_enrolments_at_once_one_gets_the_credential()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var (appliance, token) = await SeedAsync(site);
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => EnrolAsync(site, appliance, token)));
        Assert.Equal(1, answers.Count(a => a.StatusCode == HttpStatusCode.OK));
        Assert.Equal(15, answers.Count(a => a.StatusCode == HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task A_token_ends_with_its_date()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var (appliance, token) = await SeedAsync(site);
        _time.Advance(TimeSpan.FromHours(1));
        using var late = await EnrolAsync(site, appliance, token);
        Assert.Equal(ErrorIds.SeedExpired, (await BackupSite.ErrorAsync(late, HttpStatusCode.Unauthorized)).Id);
    }

    [Fact]
    public async Task A_token_is_good_for_its_own_appliance_only()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var (appliance, token) = await SeedAsync(site);
        var (other, _) = await SeedAsync(site);
        foreach (var (id, word) in new[] { (other, token), (appliance, "wrong"), (Guid.NewGuid(), token), (appliance, TokenAuthentication.NewToken()) })
        {
            using var refused = await EnrolAsync(site, id, word);
            Assert.Equal(ErrorIds.Unauthorized, (await BackupSite.ErrorAsync(refused, HttpStatusCode.Unauthorized)).Id);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"applianceId":"no-uuid","token":"x","hostname":"h","agentVersion":"1"}""")]
    public async Task A_body_that_is_none_is_400(string body)
    {
        await using var site = await BackupSite.StartAsync(_time);
        using var response = await site.Host.Http.PostAsync("/agent/v1/enrol", new StringContent(body));
        await BackupSite.ErrorAsync(response, HttpStatusCode.BadRequest);
    }

    private static Task<HttpResponseMessage> EnrolAsync(BackupSite site, Guid appliance, string token) =>
        site.Host.Http.PostAsJsonAsync(
            "/agent/v1/enrol", new EnrolRequest(appliance, token, "host.example", "1.2.3"), AgentJson.Default.EnrolRequest);

    private async Task<(Guid Appliance, string Token)> SeedAsync(BackupSite site, string? name = null)
    {
        var token = TokenAuthentication.NewToken();
        var now = _time.GetUtcNow();
        var appliance = new ApplianceEntity
        {
            Id = Guid.NewGuid(),
            Name = name ?? $"gw-{Guid.NewGuid():N}",
            Created = now,
            Updated = now,
            SeedTokenHash = TokenAuthentication.HashOf(token),
            SeedExpires = now.AddHours(1),
        };
        await site.Host.CatalogAsync(async catalog =>
        {
            catalog.Appliances.Add(appliance);
            await catalog.SaveChangesAsync();
        });
        return (appliance.Id, token);
    }
}
