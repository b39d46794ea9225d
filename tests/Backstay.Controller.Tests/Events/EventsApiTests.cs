using System.Net;
using System.Net.Http.Json;
using Backstay.Controller.Tests.Notifications;
using Backstay.Controller.Tests.Objectives;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Events;

/// <summary>Events and their endpoints by calls.</summary>
public sealed class EventsApiTests
{
    private const string Path = "/admin/event-endpoints";

    [Fact]
    public async Task Events_are_listed_by_page_kind_and_appliance_within_the_callers_scope()
    {
        await using var site = await WatchSite.StartAsync();
        var lab = await site.AddApplianceAsync("lab-1", ["lab"]);
        var other = await site.AddApplianceAsync("gw-1");
        await site.TellAsync(EventKind.BackupOverdue, lab, "lab-1 is overdue.");
        site.Time.Advance(TimeSpan.FromMinutes(1));
        await site.TellAsync(EventKind.BackupFailed, other, "gw-1 failed.");
        site.Time.Advance(TimeSpan.FromMinutes(1));
        await site.TellAsync(EventKind.StoreNearlyFull, null, "The store fills up.");
        using var admin = await site.Host.AdminAsync();
        using var narrow = await site.Host.SignInAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new(false, null, ["lab"])));

        var newest = await ListAsync(admin, "?orderBy=time&descending=true&range=0-1");
        Assert.Equal((3, "The store fills up.", "gw-1"), (newest.TotalCount, newest.Data[0].Message, newest.Data[1].ApplianceName));
        Assert.Equal(EventKind.BackupFailed, Assert.Single((await ListAsync(admin, "?filterBy=kind:backup.failed")).Data).Kind);
        Assert.Equal(lab, Assert.Single((await ListAsync(admin, $"?filterBy=applianceId:{lab}&query=OVERDUE")).Data).ApplianceId);
        Assert.Equal("lab-1", Assert.Single((await ListAsync(narrow, "")).Data).ApplianceName);
        using var wrong = await admin.GetAsync("/admin/events?filterBy=kind:nothing");
        await wrong.AssertRefusedAsync(HttpStatusCode.BadRequest, ErrorIds.BadRequest);
    }

    [Fact]
    public async Task An_endpoint_is_made_tested_changed_and_removed_and_its_deliveries_are_not_for_everyone()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await WatchSite.StartAsync(settings: new(Notifying.LoopbackAllowed));
        using var admin = await site.Host.AdminAsync();
        using var operators = await site.Host.SignInAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance));
        var wish = new EventEndpoint(null, "pager", receiver.Url, [EventKind.BackupOverdue, EventKind.BackupOverdue], Notes: "the night shift");

        using var made = await admin.PostAsJsonAsync(Path, wish, AdminJson.Default.EventEndpoint);
        var endpoint = await made.AssertOkAsync(AdminJson.Default.EventEndpoint);
        Assert.Equal([EventKind.BackupOverdue], endpoint.Kinds);
        using (var test = await admin.PostAsync($"{Path}/{endpoint.Id}/test", null))
            Assert.Equal(HttpStatusCode.Accepted, test.StatusCode);
        Assert.Contains("\"type\":\"event.test\"", (await receiver.NextAsync()).Body, StringComparison.Ordinal);

        Assert.Equal(1, await DeliveriesAsync(admin));
        Assert.Equal(0, await DeliveriesAsync(operators));
        using (var list = await operators.GetAsync(Path))
            await list.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        using (var change = await admin.PutAsJsonAsync($"{Path}/{endpoint.Id}", wish with { Kinds = null, Paused = true }, AdminJson.Default.EventEndpoint))
            Assert.True((await change.AssertOkAsync(AdminJson.Default.EventEndpoint)) is { Paused: true, Kinds.Count: 0 });
        using (var taken = await admin.PostAsJsonAsync(Path, wish with { Name = "PAGER" }, AdminJson.Default.EventEndpoint))
            await taken.AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        using (var remove = await admin.DeleteAsync($"{Path}/{endpoint.Id}"))
            Assert.Equal(HttpStatusCode.NoContent, remove.StatusCode);
        using var gone = await admin.PostAsync($"{Path}/{endpoint.Id}/test", null);
        await gone.AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
    }

    [Theory]
    [InlineData("""{}""", "name", "url")]
    [InlineData("""{"name": "e", "url": "ftp://h/"}""", "url")]
    [InlineData("""{"name": "e", "url": "http://169.254.169.254/"}""", "url")]
    public async Task An_endpoint_that_can_not_be_is_refused_with_every_field(string endpoint, params string[] fields)
    {
        await using var site = await WatchSite.StartAsync();
        using var admin = await site.Host.AdminAsync();
        using var body = Answers.Json(endpoint);
        using var answer = await admin.PostAsync(Path, body);

        var error = await answer.AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
        Assert.Equal(fields.Order(), error.Errors!.Select(e => e.Field).Order());
    }

    private static async Task<PagedList<Event>> ListAsync(HttpClient client, string query)
    {
        using var answer = await client.GetAsync($"/admin/events{query}");
        return await answer.AssertOkAsync(AdminJson.Default.PagedListEvent);
    }

    private static async Task<int> DeliveriesAsync(HttpClient client)
    {
        using var answer = await client.GetAsync("/admin/notifications/deliveries");
        return (await answer.AssertOkAsync(AdminJson.Default.PagedListDelivery)).TotalCount;
    }
}
