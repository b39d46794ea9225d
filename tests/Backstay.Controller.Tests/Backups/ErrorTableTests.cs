using System.Net;
using System.Text;
using Backstay.Controller.Access;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Storage;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Backups;

/// <summary>One test for every cell of ADMIN-API's error table, named <c>code, call, when</c>.</summary>
public sealed class ErrorTableTests
{
    private static readonly Privilege OnlyView = new(PrivilegeType.View, PrivilegeTarget.Appliance);

    // ---- 400 ----
    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("not json")]
    [InlineData("""{"logs": "yes"}""")]
    [InlineData("""{"audit": 1}""")]
    [InlineData("""{"notifyUrl": 5}""")]
    [InlineData("""{"notifyUrl": "not a url"}""")]
    [InlineData("""{"notifyUrl": "/relative"}""")]
    [InlineData("""{"notifyUrl": "ftp://example.com/x"}""")]
    [InlineData("""{"notifyUrl": "http://127.0.0.1/x"}""")]
    [InlineData("""{"notifyUrl": "http://[::ffff:169.254.169.254]/x"}""")]
    public async Task POST_400_for_a_body_that_can_not_be_taken(string body)
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await site.Admin.PostAsync($"/admin/appliances/{agent.ApplianceId}/backup", content);
        Assert.Equal(ErrorIds.BadRequest, (await BackupSite.ErrorAsync(response, HttpStatusCode.BadRequest)).Id);
        Assert.Equal(0, await site.Host.CatalogAsync(catalog => catalog.Backups.CountAsync()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"logs": null, "unknown": {"deep": [1]}}""")]
    public async Task POST_takes_a_body_that_is_optional_as_a_whole_and_ignores_unknown_fields(string body)
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        using var content = new StringContent(body);
        using var response = await site.Admin.PostAsync($"/admin/appliances/{agent.ApplianceId}/backup", content);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    // ---- 401, 403, 404, 406: the same for all four calls ----
    public static TheoryData<string, string> Calls => new()
    {
        { "POST", "backup" },
        { "GET", "backup/{0}/status" },
        { "GET", "backup/{0}" },
        { "DELETE", "backup/{0}" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task _401_without_a_token_and_with_an_unknown_one(string method, string path)
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site);
        foreach (var token in new[] { null, "", "wrong", TokenAuthentication.NewToken() })
        {
            using var response = await CallAsync(site, method, path, agent.ApplianceId.ToString(), backup, site.Host.NewClient(token));
            Assert.Equal(ErrorIds.Unauthorized, (await BackupSite.ErrorAsync(response, HttpStatusCode.Unauthorized)).Id);
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task _401_with_a_token_that_has_expired_or_was_revoked(string method, string path)
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site);
        await site.Host.CatalogAsync(catalog => catalog.Tokens.ExecuteUpdateAsync(set => set.SetProperty(t => t.Expires, DateTimeOffset.UnixEpoch)));
        using (var response = await CallAsync(site, method, path, agent.ApplianceId.ToString(), backup))
            await BackupSite.ErrorAsync(response, HttpStatusCode.Unauthorized);
        await site.Host.CatalogAsync(catalog => catalog.Tokens.ExecuteDeleteAsync());
        using (var response = await CallAsync(site, method, path, agent.ApplianceId.ToString(), backup))
            await BackupSite.ErrorAsync(response, HttpStatusCode.Unauthorized);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task _403_without_the_privilege_and_outside_of_its_scope(string method, string path)
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site, tags: ["prod"]);
        var other = new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new(false, [Guid.NewGuid()], ["test"]));
        foreach (var client in new[] { await site.Host.SignInAsync(OnlyView), await site.Host.SignInAsync(other) })
        {
            using var response = await CallAsync(site, method, path, agent.ApplianceId.ToString(), backup, client);
            Assert.Equal(ErrorIds.Forbidden, (await BackupSite.ErrorAsync(response, HttpStatusCode.Forbidden)).Id);
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_privilege_by_tag_or_by_id_covers_the_call(string method, string path)
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site, tags: ["prod"]);
        var byTag = new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new(false, null, ["prod"]));
        using var response = await CallAsync(site, method, path, agent.ApplianceId.ToString(), backup, await site.Host.SignInAsync(byTag));
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
        var byId = new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new(false, [agent.ApplianceId]));
        using var list = await (await site.Host.SignInAsync(byId)).GetAsync($"/admin/appliances/{agent.ApplianceId}/backups");
        Assert.Equal(HttpStatusCode.OK, list.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task _404_for_an_appliance_that_does_not_exist_or_is_no_uuid(string method, string path)
    {
        await using var site = await BackupSite.StartAsync();
        foreach (var id in new[] { Guid.NewGuid().ToString(), "42", "a%20b", "nonsense", new string('a', 2000) })
        {
            using var response = await CallAsync(site, method, path, id, Guid.NewGuid());
            Assert.Equal(ErrorIds.NotFound, (await BackupSite.ErrorAsync(response, HttpStatusCode.NotFound)).Id);
        }
    }

    [Theory]
    [InlineData("GET", "/status")]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    public async Task _404_for_a_backup_that_does_not_exist_is_no_uuid_or_is_of_another_appliance(string method, string suffix)
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site);
        var other = await site.AddOnlineAsync();
        foreach (var path in new[]
        {
            $"{agent.ApplianceId}/backup/{Guid.NewGuid()}", $"{agent.ApplianceId}/backup/last", $"{other.ApplianceId}/backup/{backup}",
        })
        {
            using var response = await site.SendAsync(new HttpMethod(method), $"/admin/appliances/{path}{suffix}");
            Assert.Equal(ErrorIds.NotFound, (await BackupSite.ErrorAsync(response, HttpStatusCode.NotFound)).Id);
        }

        Assert.NotNull(await site.RowAsync(backup));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task _406_for_an_invalid_Accept_before_everything_else(string method, string path)
    {
        await using var site = await BackupSite.StartAsync();
        var anonymous = site.Host.NewClient();
        var archive = path == "backup/{0}";
        foreach (var accept in new[] { $"application/vnd.appgate.peer-v99+{(archive ? "gpg" : "json")}", "application/vnd.appgate.peer-v16+json", "text/html", "nonsense" })
        {
            using var response = await site.SendAsync(
                new HttpMethod(method), $"/admin/appliances/no-uuid/{string.Format(null, path, "no-uuid")}", accept, client: anonymous);
            var error = await BackupSite.ErrorAsync(response, HttpStatusCode.NotAcceptable);
            Assert.Equal((ErrorIds.NotAcceptable, 17, 23), (error.Id, error.MinSupportedVersion, error.MaxSupportedVersion));
        }
    }

    // ---- 410 ----
    [Fact]
    public async Task Download_410_when_the_backup_failed()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.FailBackupAsync(agent);
        using var response = await site.Admin.GetAsync(BackupSite.Path(agent, backup));
        Assert.Equal(ErrorIds.Gone, (await BackupSite.ErrorAsync(response, HttpStatusCode.Gone)).Id);
    }

    // ---- 412 ----
    [Fact]
    public async Task POST_412_when_the_appliance_was_never_activated()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddApplianceAsync(activated: false);
        using var response = await site.TryStartAsync(agent.ApplianceId);
        Assert.Equal(ErrorIds.ApplianceNotActivated, (await BackupSite.ErrorAsync(response, HttpStatusCode.PreconditionFailed)).Id);
    }

    [Fact]
    public async Task POST_412_when_the_appliance_is_offline()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddApplianceAsync();
        using var response = await site.TryStartAsync(agent.ApplianceId);
        Assert.Equal(ErrorIds.ApplianceOffline, (await BackupSite.ErrorAsync(response, HttpStatusCode.PreconditionFailed)).Id);
    }

    [Fact]
    public async Task POST_412_when_the_appliance_is_being_backed_up()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        await site.StartBackupAsync(agent);
        using var response = await site.TryStartAsync(agent.ApplianceId);
        Assert.Equal(ErrorIds.ApplianceBusy, (await BackupSite.ErrorAsync(response, HttpStatusCode.PreconditionFailed)).Id);
    }

    [Fact]
    public async Task Download_412_while_the_backup_is_being_made()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        using (var pending = await site.Admin.GetAsync(BackupSite.Path(agent, backup)))
            Assert.Equal(ErrorIds.BackupProcessing, (await BackupSite.ErrorAsync(pending, HttpStatusCode.PreconditionFailed)).Id);
        await agent.OpenAsync(backup);
        using (var running = await site.Admin.GetAsync(BackupSite.Path(agent, backup)))
            Assert.Equal(ErrorIds.BackupProcessing, (await BackupSite.ErrorAsync(running, HttpStatusCode.PreconditionFailed)).Id);
    }

    [Theory]
    [InlineData("GET", "/status")]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    public async Task Status_download_and_delete_412_when_If_Match_names_something_else(string method, string suffix)
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site);
        using var response = await site.SendAsync(
            new HttpMethod(method), BackupSite.Path(agent, backup) + suffix, headers: headers => headers.IfMatch.ParseAdd("\"another\""));
        Assert.Equal(ErrorIds.PreconditionFailed, (await BackupSite.ErrorAsync(response, HttpStatusCode.PreconditionFailed)).Id);
        Assert.Null((await site.RowAsync(backup))!.Deleted);
    }

    // ---- 416 ----
    [Theory]
    [InlineData("bytes=10000-")]
    [InlineData("bytes=99999-100000")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=5-4")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=")]
    [InlineData("bytes")]
    [InlineData("bytes=--1")]
    [InlineData("bytes=99999999999999999999999-")]
    public async Task Download_416_for_a_range_that_can_not_be_met(string range)
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site);
        using var response = await site.SendAsync(
            HttpMethod.Get, BackupSite.Path(agent, backup), headers: headers => headers.TryAddWithoutValidation("Range", range));
        Assert.Equal(ErrorIds.RangeNotSatisfiable, (await BackupSite.ErrorAsync(response, HttpStatusCode.RequestedRangeNotSatisfiable)).Id);
        Assert.Equal("bytes */10000", response.Content.Headers.ContentRange?.ToString());
    }

    // ---- 500 ----
    [Theory]
    [MemberData(nameof(Calls))]
    public async Task _500_for_a_fault_inside_with_a_trace_id_and_no_inside_detail(string method, string path)
    {
        await using var site = await BackupSite.StartAsync(services: services => services.AddSingleton<BrokenOnDemand>()
            .AddDbContextFaults());
        var (agent, backup) = await DoneAsync(site);
        site.Host.Services.GetRequiredService<BrokenOnDemand>().Broken = true;
        using var response = await CallAsync(site, method, path, agent.ApplianceId.ToString(), backup);
        var error = await BackupSite.ErrorAsync(response, HttpStatusCode.InternalServerError);
        Assert.Equal(ErrorIds.InternalServerError, error.Id);
        Assert.False(string.IsNullOrEmpty(error.TraceId));
        Assert.DoesNotContain("broken on demand", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Download_500_when_the_archive_is_gone_from_the_store()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site);
        await site.Host.Services.GetRequiredService<IArchiveStore>().DeleteAsync(new ArchiveKey(backup, 1), CancellationToken.None);
        using var response = await site.Admin.GetAsync(BackupSite.Path(agent, backup));
        await BackupSite.ErrorAsync(response, HttpStatusCode.InternalServerError);
    }

    // ---- 503 ----
    [Fact]
    public async Task POST_503_with_Retry_After_when_the_backup_API_is_disabled()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        await site.EnableAsync(false);
        using var response = await site.TryStartAsync(agent.ApplianceId);
        Assert.Equal(ErrorIds.BackupApiDisabled, (await BackupSite.ErrorAsync(response, HttpStatusCode.ServiceUnavailable)).Id);
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
    }

    // ---- the order of checks ----
    [Fact]
    public async Task The_checks_come_in_the_order_that_the_design_fixes()
    {
        await using var site = await BackupSite.StartAsync();
        await site.EnableAsync(false);
        var appliance = await site.AddApplianceAsync(activated: false);
        var viewer = await site.Host.SignInAsync(OnlyView);
        var scoped = await site.Host.SignInAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new(false, [Guid.NewGuid()])));
        var (there, nowhere) = (appliance.ApplianceId.ToString(), Guid.NewGuid().ToString());

        Assert.Equal(406, await PostAsync("text/html", null, nowhere, "{"));
        Assert.Equal(401, await PostAsync(null, site.Host.NewClient(), nowhere, "{"));
        Assert.Equal(403, await PostAsync(null, viewer, nowhere, "{"));
        Assert.Equal(404, await PostAsync(null, scoped, nowhere, "{"));
        Assert.Equal(403, await PostAsync(null, scoped, there, "{"));
        Assert.Equal(400, await PostAsync(null, null, there, "{"));
        Assert.Equal(503, await PostAsync(null, null, there, "{}"));
        await site.EnableAsync(true);
        Assert.Equal(412, await PostAsync(null, null, there, "{}"));

        async Task<int> PostAsync(string? accept, HttpClient? client, string id, string body)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, $"/admin/appliances/{id}/backup") { Content = new StringContent(body) };
            if (accept is not null)
                request.Headers.TryAddWithoutValidation("Accept", accept);
            using var response = await (client ?? site.Admin).SendAsync(request);
            return (int)response.StatusCode;
        }
    }

    private static async Task<(RawAgent Agent, Guid Backup)> DoneAsync(BackupSite site, string[]? tags = null)
    {
        var agent = await site.AddOnlineAsync(tags: tags);
        return (agent, (await site.MakeBackupAsync(agent)).Backup);
    }

    private static Task<HttpResponseMessage> CallAsync(
        BackupSite site, string method, string path, string appliance, Guid backup, HttpClient? client = null) =>
        site.SendAsync(
            new HttpMethod(method), $"/admin/appliances/{appliance}/{string.Format(null, path, backup)}",
            json: method == "POST" ? new { } : null, client: client);
}
