using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Notifications;

public sealed class NotificationsApiTests : IAsyncLifetime
{
    private const string Deliveries = "/admin/notifications/deliveries";
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private Receiver _receiver = null!;
    private ControllerHost _host = null!;
    private HttpClient _admin = null!;

    /// <summary>Every call of the slice with a privilege that is enough for it; {id} stands for a delivery.</summary>
    public static TheoryData<string, string, PrivilegeType, PrivilegeTarget> Calls => new()
    {
        { "GET", "/admin/notifications/secret", PrivilegeType.View, PrivilegeTarget.GlobalSetting },
        { "POST", "/admin/notifications/secret/rotate", PrivilegeType.Edit, PrivilegeTarget.GlobalSetting },
        { "GET", Deliveries, PrivilegeType.Backup, PrivilegeTarget.Appliance },
        { "GET", Deliveries + "/{id}", PrivilegeType.Backup, PrivilegeTarget.Appliance },
        { "POST", Deliveries + "/{id}/replay", PrivilegeType.Backup, PrivilegeTarget.Appliance },
    };

    public async ValueTask InitializeAsync()
    {
        _receiver = await Receiver.StartAsync();
        _host = await ControllerHost.StartAsync(_time, Notifying.LoopbackAllowed);
        _admin = await _host.AdminAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Each_call_checks_Accept_then_the_token_then_the_privilege(
        string method, string path, PrivilegeType type, PrivilegeTarget target)
    {
        var delivery = await DeliveredAsync();
        path = path.Replace("{id}", delivery.Id.ToString(), StringComparison.Ordinal);

        await IsRefusedAsync(_host.Http, method, path, HttpStatusCode.NotAcceptable, ErrorIds.NotAcceptable, accept: "text/html");
        await IsRefusedAsync(_host.Http, method, path, HttpStatusCode.Unauthorized, ErrorIds.Unauthorized);
        var others = Enum.GetValues<PrivilegeType>().Where(t => t != type && t != PrivilegeType.All).Select(t => new Privilege(t, target));
        await IsRefusedAsync(
            await _host.SignInAsync([.. others]), method, path, HttpStatusCode.Forbidden, ErrorIds.Forbidden);

        var allowed = await _host.SignInAsync(new Privilege(type, target));
        using var response = await SendAsync(allowed, method, path);
        Assert.True(response.IsSuccessStatusCode, response.StatusCode.ToString());
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "/replay")]
    public async Task An_unknown_delivery_is_not_found_and_one_out_of_scope_is_forbidden(string method, string call)
    {
        var delivery = await DeliveredAsync();
        var scoped = await _host.SignInAsync(new Privilege(
            PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, Ids: [Guid.NewGuid()])));
        await IsRefusedAsync(scoped, method, $"{Deliveries}/{Guid.NewGuid()}{call}", HttpStatusCode.NotFound, ErrorIds.NotFound);
        await IsRefusedAsync(scoped, method, $"{Deliveries}/not-a-uuid{call}", HttpStatusCode.NotFound, ErrorIds.NotFound);
        await IsRefusedAsync(scoped, method, $"{Deliveries}/{delivery.Id}{call}", HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        Assert.Single(_receiver.All);
    }

    [Fact]
    public async Task A_delivery_is_read_with_its_tries()
    {
        _receiver.AnswerWith(500);
        var entity = await _host.EndBackupAsync(_receiver.Url);
        var tried = await _host.UntilTriedAsync(entity.Id, 1);

        var delivery = await GetAsync<Delivery>(_admin, $"{Deliveries}/{entity.Id}");
        Assert.Equal((entity.Id, entity.BackupId, entity.ApplianceId), (delivery.Id, delivery.BackupId, delivery.ApplianceId));
        Assert.Equal((_receiver.Url, DeliveryState.Pending), (delivery.Url, delivery.State));
        Assert.Equal(tried.NextTry, delivery.NextTry);
        Assert.Null(delivery.Delivered);
        Assert.Equal(500, Assert.Single(delivery.Tries).StatusCode);
    }

    [Fact]
    public async Task Deliveries_are_listed_by_page_backup_state_and_url()
    {
        var first = await DeliveredAsync();
        _time.AdjustTime(_time.GetUtcNow() + TimeSpan.FromSeconds(1));
        var second = await DeliveredAsync();
        _receiver.AnswerWith(410);
        _time.AdjustTime(_time.GetUtcNow() + TimeSpan.FromSeconds(1));
        var third = await _host.EndBackupAsync(_receiver.Url + "?third");
        await _host.UntilAsync(third.Id, d => d.State == DeliveryState.GivenUp);

        var all = await ListAsync(_admin, "");
        Assert.Equal([first.Id, second.Id, third.Id], all.Data.Select(d => d.Id));
        Assert.Equal(("0-2/3", 3, "created"), (all.Range, all.TotalCount, all.OrderBy));
        Assert.All(all.Data, d => Assert.Single(d.Tries));

        var page = await ListAsync(_admin, "?descending=true&range=1-1");
        Assert.Equal(second.Id, Assert.Single(page.Data).Id);
        Assert.Equal("1-1/3", page.Range);

        Assert.Equal(first.Id, Assert.Single((await ListAsync(_admin, $"?backupId={first.BackupId}")).Data).Id);
        Assert.Equal(third.Id, Assert.Single((await ListAsync(_admin, "?state=givenUp")).Data).Id);
        Assert.Equal(2, (await ListAsync(_admin, "?state=delivered")).TotalCount);
        Assert.Empty((await ListAsync(_admin, "?state=pending")).Data);
        Assert.Equal(third.Id, Assert.Single((await ListAsync(_admin, "?query=third")).Data).Id);
        Assert.Empty((await ListAsync(_admin, $"?backupId={Guid.NewGuid()}")).Data);
    }

    [Fact]
    public async Task A_list_shows_the_appliances_in_scope_only()
    {
        var shown = await _host.EndBackupAsync(_receiver.Url, tag: "site-a");
        var hidden = await DeliveredAsync();

        var byTag = await _host.SignInAsync(new Privilege(
            PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, Tags: ["site-a"])));
        Assert.Equal(shown.Id, Assert.Single((await ListAsync(byTag, "")).Data).Id);
        var byId = await _host.SignInAsync(new Privilege(
            PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, Ids: [hidden.ApplianceId])));
        Assert.Equal(hidden.Id, Assert.Single((await ListAsync(byId, "")).Data).Id);
    }

    [Theory]
    [InlineData("?backupId=nonsense", "backupId")]
    [InlineData("?state=GivenUp", "state")]
    [InlineData("?state=1", "state")]
    [InlineData("?range=5-1", "range")]
    [InlineData("?orderBy=body", "orderBy")]
    public async Task A_query_that_means_nothing_is_refused_by_its_name(string query, string name)
    {
        var error = await IsRefusedAsync(_admin, "GET", Deliveries + query, HttpStatusCode.BadRequest, ErrorIds.BadRequest);
        Assert.StartsWith(name + ":", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delivered_notification_is_replayed_with_its_id_and_leaves_a_line_in_the_audit_log()
    {
        var delivery = await DeliveredAsync();
        _time.AdjustTime(_time.GetUtcNow() + TimeSpan.FromDays(3));
        _admin = await _host.AdminAsync();

        var replayed = await ReplayAsync(delivery.Id);
        Assert.Equal((DeliveryState.Pending, _time.GetUtcNow()), (replayed.State, replayed.NextTry));

        var again = await _host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        Assert.Equal(2, again.Tries.Count);
        Assert.Equal(2, _receiver.All.Count);
        Assert.Single(_receiver.All.DistinctBy(r => (r.Headers["webhook-id"], r.Body)));
        var line = await _host.CatalogAsync(catalog => catalog.AuditLog.SingleAsync(a => a.Action == "notification.replay"));
        Assert.Equal((delivery.Id.ToString(), 202), (line.Target, line.Outcome));
    }

    [Fact]
    public async Task A_notification_that_was_given_up_gets_a_fresh_day_of_tries_by_a_replay()
    {
        _receiver.AnswerWith(410);
        var delivery = await _host.EndBackupAsync(_receiver.Url);
        await _host.UntilAsync(delivery.Id, d => d.State == DeliveryState.GivenUp);
        _receiver.AnswerWith(500);
        _time.AdjustTime(_time.GetUtcNow() + TimeSpan.FromDays(3));
        _admin = await _host.AdminAsync();
        await ReplayAsync(delivery.Id);
        var tried = await _host.UntilTriedAsync(delivery.Id, 2);
        Assert.Equal(DeliveryState.Pending, tried.State);
        Assert.Equal(_time.GetUtcNow().AddDays(1), tried.GiveUp);
        Assert.InRange((tried.NextTry - _time.GetUtcNow()).TotalSeconds, 5, 6);
    }

    [Fact]
    public async Task A_replay_in_the_middle_of_a_try_is_not_lost_to_the_end_of_that_try()
    {
        var go = new TaskCompletionSource();
        _receiver.Answer = _ => go.Task;
        var delivery = await _host.EndBackupAsync(_receiver.Url);
        await _receiver.NextAsync();
        await ReplayAsync(delivery.Id);
        await _receiver.NextAsync();
        go.SetResult();
        var delivered = await _host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered && d.Tries.Count == 2);
        Assert.Equal([200, 200], delivered.Tries.Select(t => t.StatusCode!.Value));
    }

    [Fact]
    public async Task The_secret_is_made_once_kept_protected_and_read_with_a_line_in_the_audit_log()
    {
        var secret = await GetAsync<WebhookSecret>(_admin, "/admin/notifications/secret");
        Assert.StartsWith("whsec_", secret.Secret, StringComparison.Ordinal);
        Assert.Null(secret.Previous);
        Assert.Equal(secret, await GetAsync<WebhookSecret>(_admin, "/admin/notifications/secret"));
        using var response = await SendAsync(_admin, "GET", "/admin/notifications/secret");
        Assert.True(response.Headers.CacheControl!.NoStore);

        var stored = await _host.CatalogAsync(catalog => catalog.Settings.Select(s => s.ProtectedWebhookSecret).SingleAsync());
        Assert.DoesNotContain("whsec_", System.Text.Encoding.Latin1.GetString(stored!), StringComparison.Ordinal);
        Assert.Equal(3, await _host.CatalogAsync(catalog => catalog.AuditLog.CountAsync(a => a.Action == "notification-secret.read")));
    }

    [Fact]
    public async Task After_a_rotation_the_old_secret_signs_too_for_a_day()
    {
        var old = await GetAsync<WebhookSecret>(_admin, "/admin/notifications/secret");
        using var response = await SendAsync(_admin, "POST", "/admin/notifications/secret/rotate");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var secret = (await response.Content.ReadFromJsonAsync(AdminJson.Default.WebhookSecret))!;
        Assert.NotEqual(old.Secret, secret.Secret);
        Assert.Equal((old.Secret, _time.GetUtcNow().AddDays(1)), (secret.Previous, secret.PreviousUntil));
        Assert.Equal(secret, await GetAsync<WebhookSecret>(_admin, "/admin/notifications/secret"));

        await DeliveredAsync();
        var received = await _receiver.NextAsync();
        Assert.Equal(2, received.Headers["webhook-signature"].Split(' ').Length);
        Assert.True(received.IsSignedWith(secret.Secret) && received.IsSignedWith(old.Secret));

        _time.AdjustTime(_time.GetUtcNow() + TimeSpan.FromHours(24));
        _admin = await _host.AdminAsync();
        Assert.Equal(secret with { Previous = null, PreviousUntil = null }, await GetAsync<WebhookSecret>(_admin, "/admin/notifications/secret"));
        await DeliveredAsync();
        received = await _receiver.NextAsync();
        Assert.True(received.IsSignedWith(secret.Secret));
        Assert.False(received.IsSignedWith(old.Secret));

        var line = await _host.CatalogAsync(catalog => catalog.AuditLog.SingleAsync(a => a.Action == "notification-secret.rotate"));
        Assert.DoesNotContain("whsec_", line.Detail, StringComparison.Ordinal);
    }

    private async Task<DeliveryEntity> DeliveredAsync()
    {
        var delivery = await _host.EndBackupAsync(_receiver.Url);
        return await _host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
    }

    private async Task<Delivery> ReplayAsync(Guid id)
    {
        using var response = await SendAsync(_admin, "POST", $"{Deliveries}/{id}/replay");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal($"{Deliveries}/{id}", response.Headers.Location!.ToString());
        return (await response.Content.ReadFromJsonAsync(AdminJson.Default.Delivery))!;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path, string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Accept.ParseAdd(accept ?? "application/vnd.appgate.peer-v22+json");
        return await client.SendAsync(request);
    }

    private static async Task<ApiError> IsRefusedAsync(
        HttpClient client, string method, string path, HttpStatusCode status, string id, string? accept = null)
    {
        using var response = await SendAsync(client, method, path, accept);
        Assert.Equal(status, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync(AdminJson.Default.ApiError))!;
        Assert.Equal(id, error.Id);
        return error;
    }

    private static Task<PagedList<Delivery>> ListAsync(HttpClient client, string query) =>
        GetAsync<PagedList<Delivery>>(client, Deliveries + query);

    private static async Task<T> GetAsync<T>(HttpClient client, string path)
    {
        using var response = await SendAsync(client, "GET", path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (T)JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), AdminJson.Default.GetTypeInfo(typeof(T))!)!;
    }
}
