using System.Data.Common;
using System.Net;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Auditing;

public sealed class AuditLogTests
{
    [Theory]
    [InlineData("""UPDATE audit_log SET "Actor" = 'nobody'""")]
    [InlineData("DELETE FROM audit_log")]
    [InlineData("""
        INSERT INTO audit_log ("Sequence", "Time", "Actor", "Action", "Outcome") SELECT "Sequence", "Time", 'x', 'y', 0 FROM audit_log WHERE true
        ON CONFLICT ("Sequence") DO UPDATE SET "Actor" = 'x'
        """)]
    public Task No_statement_changes_a_line_that_was_written(string statement) => AssertRefusedAsync(statement);

    [Fact]
    public Task No_statement_that_only_this_database_has_does_either() => AssertRefusedAsync(TestPostgres.IsAsked
        ? "TRUNCATE audit_log"
        : "INSERT OR REPLACE INTO audit_log (Sequence, Time, Actor, Action, Outcome) VALUES (1, 0, 'x', 'y', 0)");

    private static async Task AssertRefusedAsync(string statement)
    {
        await using var host = await ControllerHost.StartAsync();
        var before = await LinesAsync(host);
        Assert.NotEmpty(before);

        var refused = await Assert.ThrowsAnyAsync<DbException>(
            () => host.CatalogAsync(catalog => catalog.Database.ExecuteSqlRawAsync(statement)));

        Assert.Contains("append-only", refused.Message, StringComparison.Ordinal);
        Assert.Equivalent(before, await LinesAsync(host));
    }

    [Fact]
    public async Task What_was_done_and_what_was_refused_is_told_with_who_and_from_where()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        using var viewer = await host.SignInAsync(
            new Privilege(PrivilegeType.View, PrivilegeTarget.Appliance),
            new Privilege(PrivilegeType.Edit, PrivilegeTarget.Appliance, new PrivilegeScope(false)));
        var box = await (await admin.PostAsync("/admin/appliances", Answers.Json("""{"name": "box"}"""))).AssertOkAsync(AdminJson.Default.Appliance);

        await host.LoginAsync("admin", "wrong");
        await host.LoginAsync("admin", ControllerHost.AdminPassword);
        await viewer.GetAsync("/admin/audit-log");
        await viewer.PutAsync($"/admin/appliances/{box.Id}", Answers.Json("""{"name": "mine"}"""));

        var log = (await ListAsync(admin, "")).Data;
        Assert.Equal("anonymous", log.Single(line => line.Action == "login.refused").Actor);
        Assert.Equal("admin", log.Single(line => line.Action == "login").Actor);
        var lines = log.Select(line => (line.Action, line.Target, line.Outcome, line.RemoteAddress)).ToList();
        Assert.Equal(
            [
                ("user.create", "admin", 0, null),
                ("appliance.create", "box", 200, "127.0.0.1"),
                ("login.refused", "admin", 401, "127.0.0.1"),
                ("login", "admin", 200, "127.0.0.1"),
                ("access.refused", "GET /admin/audit-log", 403, "127.0.0.1"),
                ("access.refused", $"PUT /admin/appliances/{box.Id}", 403, "127.0.0.1"),
            ],
            lines);
    }

    [Fact]
    public async Task The_log_is_cut_by_time_and_filtered_by_actor_and_action()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var host = await ControllerHost.StartAsync(time);
        using var admin = await host.AdminAsync();
        time.Advance(TimeSpan.FromHours(1));
        await admin.PostAsync("/admin/appliances", Answers.Json("""{"name": "box"}"""));

        Assert.Equal(2, (await ListAsync(admin, "")).TotalCount);
        Assert.Equal("appliance.create", (await ListAsync(admin, "from=2030-01-01T01:00:00Z")).Data.Single().Action);
        Assert.Equal("user.create", (await ListAsync(admin, "to=2030-01-01T01:00:00Z")).Data.Single().Action);
        Assert.Equal("user.create", (await ListAsync(admin, "filterBy=actor:controller")).Data.Single().Action);
        Assert.Equal("box", (await ListAsync(admin, "filterBy=action:appliance.create&filterBy=outcome:200")).Data.Single().Target);
        Assert.Equal([2L, 1L], (await ListAsync(admin, "descending=true")).Data.Select(line => line.Sequence));
        await (await admin.GetAsync("/admin/audit-log?from=yesterday")).AssertRefusedAsync(HttpStatusCode.BadRequest, ErrorIds.BadRequest);
    }

    private static async Task<PagedList<AuditEntry>> ListAsync(HttpClient client, string query) =>
        await (await client.GetAsync($"/admin/audit-log?{query}")).AssertOkAsync(AdminJson.Default.PagedListAuditEntry);

    private static Task<List<Backstay.Controller.Catalog.AuditEntity>> LinesAsync(ControllerHost host) =>
        host.CatalogAsync(catalog => catalog.AuditLog.AsNoTracking().OrderBy(line => line.Sequence).ToListAsync());
}
