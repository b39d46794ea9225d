using System.Net;
using System.Net.Http.Json;
using Backstay.Controller.Access;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Appliances;

public sealed class AppliancesTests
{
    [Fact]
    public async Task An_appliance_lives_from_its_creation_to_its_end()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var site = Guid.NewGuid();

        var made = await CreateAsync(admin, $$"""
            {"name": "gw", "hostname": "gw.example.com", "site": "{{site}}", "siteName": "Berlin", "notes": "n", "tags": ["a", "b"],
             "gateway": {"enabled": true}, "metricsAggregator": {"enabled": true}, "activated": true}
            """);
        var read = await GetAsync(admin, made.Id);
        var changed = await (await admin.PutAsJsonAsync(
            $"/admin/appliances/{made.Id}", made with { Name = "gw-2", Gateway = null, Tags = null, Activated = true }, AdminJson.Default.Appliance))
            .AssertOkAsync(AdminJson.Default.Appliance);

        Assert.False(made.Activated);
        Assert.Equal(("gw.example.com", site, "Berlin", "n"), (read.Hostname, read.Site, read.SiteName, read.Notes));
        Assert.Equal(["a", "b"], read.Tags!);
        Assert.Equal((true, true, false, false), (
            read.Gateway!.Enabled, read.MetricsAggregator!.Enabled, read.LogServer!.Enabled, read.Controller!.Enabled));
        Assert.Equal(("gw-2", false, true, false), (changed.Name, changed.Gateway!.Enabled, changed.MetricsAggregator!.Enabled, changed.Activated));
        Assert.Empty(changed.Tags!);
        Assert.Equal(made.Created, changed.Created);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/admin/appliances/{made.Id}")).StatusCode);
        await (await admin.GetAsync($"/admin/appliances/{made.Id}")).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
    }

    [Theory]
    [InlineData("""{"name": "a"}""")]
    [InlineData("""{"name": "a", "gateway": {"enabled": false}, "portal": {}}""")]
    public async Task Without_a_role_it_is_a_log_server(string body)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var made = await CreateAsync(admin, body);

        Assert.True(made.LogServer!.Enabled);
        Assert.False(made.Gateway!.Enabled || made.Portal!.Enabled);
    }

    [Fact]
    public async Task Answers_are_read_as_they_are_written_without_needless_escapes()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var answer = await admin.PostAsync("/admin/appliances", Answers.Json("""{"name": "a+b's \"Müller\""}"""));

        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("""a+b's \"Müller\" """.Trim(), text, StringComparison.Ordinal);
        Assert.Contains("+00:00", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", "name")]
    [InlineData("""{"name": ""}""", "name")]
    [InlineData("""{"name": "a\u0000b"}""", "name,name")]
    [InlineData("""{"name": "a", "hostname": "x\ny", "tags": [" "]}""", "hostname,tags[0]")]
    public async Task What_cannot_be_is_refused_with_every_field_that_is_wrong(string body, string fields)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var error = await (await admin.PostAsync("/admin/appliances", Answers.Json(body)))
            .AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);

        Assert.Equal(fields, string.Join(',', error.Errors!.Select(e => e.Field)));
    }

    [Fact]
    public async Task A_name_that_another_appliance_has_is_a_conflict()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        await CreateAsync(admin, """{"name": "box"}""");
        var other = await CreateAsync(admin, """{"name": "other"}""");

        await (await admin.PostAsync("/admin/appliances", Answers.Json("""{"name": "BOX"}""")))
            .AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        await (await admin.PutAsync($"/admin/appliances/{other.Id}", Answers.Json("""{"name": "box"}""")))
            .AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
    }

    [Fact]
    public async Task A_caller_sees_and_touches_what_its_scope_names_by_id_or_by_tag()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var byId = await CreateAsync(admin, """{"name": "by-id"}""");
        var byTag = await CreateAsync(admin, """{"name": "by-tag", "tags": ["x", "lab"]}""");
        var other = await CreateAsync(admin, """{"name": "other", "tags": ["LAB"]}""");
        var scope = new PrivilegeScope(false, [byId.Id!.Value], ["lab"]);
        using var caller = await host.SignInAsync(
            new Privilege(PrivilegeType.View, PrivilegeTarget.Appliance, scope),
            new Privilege(PrivilegeType.Edit, PrivilegeTarget.Appliance, scope),
            new Privilege(PrivilegeType.Create, PrivilegeTarget.Appliance, scope),
            new Privilege(PrivilegeType.Delete, PrivilegeTarget.Appliance, scope),
            new Privilege(PrivilegeType.Export, PrivilegeTarget.Appliance, scope));

        var list = await (await caller.GetAsync("/admin/appliances")).AssertOkAsync(AdminJson.Default.PagedListAppliance);
        var status = await (await caller.GetAsync("/admin/appliances/status")).AssertOkAsync(AdminJson.Default.PagedListApplianceStatus);

        Assert.Equal(["by-id", "by-tag"], list.Data.Select(a => a.Name));
        Assert.Equal((2, 2), (list.TotalCount, status.TotalCount));
        await GetAsync(caller, byTag.Id);
        foreach (var refused in new[]
        {
            await caller.GetAsync($"/admin/appliances/{other.Id}"),
            await caller.PutAsync($"/admin/appliances/{other.Id}", Answers.Json("{ broken")),
            await caller.DeleteAsync($"/admin/appliances/{other.Id}"),
            await caller.PostAsync($"/admin/appliances/{other.Id}/export", null),
            await caller.PostAsync($"/admin/appliances/{other.Id}/deactivate", null),
            await caller.PostAsync($"/admin/appliances/{other.Id}/replace", null),
            await caller.PostAsync("/admin/appliances", Answers.Json("""{"name": "new", "tags": ["x"]}""")),
            await caller.PutAsync($"/admin/appliances/{byTag.Id}", Answers.Json("""{"name": "by-tag", "tags": ["x"]}""")),
        })
        {
            await refused.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        }

        await CreateAsync(caller, """{"name": "new", "tags": ["lab"]}""");
    }

    [Theory]
    [InlineData(nameof(BackupState.Pending))]
    [InlineData(nameof(BackupState.Running))]
    [InlineData(nameof(BackupState.Succeeded))]
    public async Task An_appliance_with_a_backup_that_would_be_lost_is_not_deleted(string state)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var box = await CreateAsync(admin, """{"name": "box"}""");
        await host.AddBackupAsync(box.Id!.Value, Enum.Parse<BackupState>(state));

        var error = await (await admin.DeleteAsync($"/admin/appliances/{box.Id}"))
            .AssertRefusedAsync(HttpStatusCode.PreconditionFailed, ErrorIds.PreconditionFailed);

        Assert.Contains("box", error.Message, StringComparison.Ordinal);
        await GetAsync(admin, box.Id);
        Assert.Equal(1, await host.CatalogAsync(catalog => catalog.Backups.CountAsync()));
    }

    [Fact]
    public async Task Failed_backups_go_with_their_appliance()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var box = await CreateAsync(admin, """{"name": "box"}""");
        await host.AddBackupAsync(box.Id!.Value, BackupState.Failed);

        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/admin/appliances/{box.Id}")).StatusCode);

        Assert.Equal(0, await host.CatalogAsync(catalog => catalog.Backups.CountAsync()));
    }

    [Fact]
    public async Task An_agent_that_reports_while_the_appliance_is_changed_loses_nothing()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var box = await CreateAsync(admin, """{"name": "box"}""");
        var credential = TokenAuthentication.HashOf("credential");
        await host.CatalogAsync(catalog => catalog.Appliances.ExecuteUpdateAsync(set => set
            .SetProperty(a => a.CredentialHash, credential)
            .SetProperty(a => a.Cpu, 5.0)));

        var changed = await (await admin.PutAsync($"/admin/appliances/{box.Id}", Answers.Json("""{"name": "renamed"}""")))
            .AssertOkAsync(AdminJson.Default.Appliance);

        Assert.True(changed.Activated);
        var row = await host.CatalogAsync(catalog => catalog.Appliances.SingleAsync());
        Assert.Equal(("renamed", 5.0), (row.Name, row.Cpu));
        Assert.Equal(credential, row.CredentialHash);
    }

    private static async Task<Appliance> CreateAsync(HttpClient client, string body) =>
        await (await client.PostAsync("/admin/appliances", Answers.Json(body))).AssertOkAsync(AdminJson.Default.Appliance);

    private static async Task<Appliance> GetAsync(HttpClient client, Guid? id) =>
        await (await client.GetAsync($"/admin/appliances/{id}")).AssertOkAsync(AdminJson.Default.Appliance);
}
