using System.Net;
using System.Net.Http.Json;
using Backstay.Controller.Access;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Access;

public sealed class AdministrationTests
{
    private static readonly Privilege EditUsers = new(PrivilegeType.Edit, PrivilegeTarget.LocalUser);
    private static readonly Privilege CreateUsers = new(PrivilegeType.Create, PrivilegeTarget.LocalUser);

    [Fact]
    public async Task A_user_lives_from_its_creation_to_its_end()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var role = await CreateRoleAsync(admin, "viewer", new Privilege(PrivilegeType.View, PrivilegeTarget.Appliance));

        var made = await CreateUserAsync(admin, "olivia", role.Id!.Value);
        var changed = await (await PutAsync(admin, made with { FirstName = "Olivia", Tags = ["ops", "ops"] }))
            .AssertOkAsync(AdminJson.Default.LocalUser);
        var read = await (await admin.GetAsync($"/admin/local-users/{made.Id}")).AssertOkAsync(AdminJson.Default.LocalUser);
        var list = await (await admin.GetAsync("/admin/local-users?query=olivia&filterBy=tags:ops&filterBy=disabled:false"))
            .AssertOkAsync(AdminJson.Default.PagedListLocalUser);
        var signedIn = await (await host.LoginAsync("Olivia", "a password for olivia")).AssertOkAsync(AdminJson.Default.LoginResponse);
        var deleted = await admin.DeleteAsync($"/admin/local-users/{made.Id}");

        Assert.Null(made.Password);
        Assert.Equal(("Olivia", "ops"), (changed.FirstName, changed.Tags!.Single()));
        Assert.Equal(changed.Updated, read.Updated);
        Assert.Equal("olivia", list.Data.Single().Name);
        Assert.False(signedIn.User.CanAccessAuditLogs);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await (await host.NewClient(signedIn.Token).GetAsync("/admin/authorization"))
            .AssertRefusedAsync(HttpStatusCode.Unauthorized, ErrorIds.Unauthorized);
    }

    [Fact]
    public async Task A_role_lives_from_its_creation_to_its_end_and_is_not_taken_from_under_its_users()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var role = await CreateRoleAsync(admin, "operator", new Privilege(
            PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, [Guid.NewGuid()], ["lab"])));
        var user = await CreateUserAsync(admin, "olivia", role.Id!.Value);

        var read = await (await admin.GetAsync($"/admin/administrative-roles/{role.Id}")).AssertOkAsync(AdminJson.Default.AdministrativeRole);
        Assert.Equal(role.Privileges!.Single().Scope!.Ids, read.Privileges!.Single().Scope!.Ids);
        await (await admin.DeleteAsync($"/admin/administrative-roles/{role.Id}")).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        await (await PutAsync(admin, user with { Roles = [] })).AssertOkAsync(AdminJson.Default.LocalUser);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/admin/administrative-roles/{role.Id}")).StatusCode);
        await (await admin.GetAsync($"/admin/administrative-roles/{role.Id}")).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
    }

    [Theory]
    [InlineData("""{}""", "name,password")]
    [InlineData("""{"name": " x", "password": "long enough for it"}""", "name")]
    [InlineData("""{"name": "x", "password": "short"}""", "password")]
    [InlineData("""{"name": "x\ny", "password": "long enough for it", "email": "\u0007"}""", "name,email")]
    [InlineData("""{"name": "x", "password": "long enough for it", "tags": ["", null]}""", "tags[0],tags[1]")]
    [InlineData("""{"name": "x", "password": "long enough for it", "roles": ["0b6b7a54-3c0e-4c8e-9d3f-5f1a1f6f2a10"]}""", "roles")]
    [InlineData("""{"id": "00000000-0000-0000-0000-000000000000", "name": "x", "password": "long enough for it"}""", "id")]
    public async Task A_user_that_cannot_be_is_refused_with_every_field_that_is_wrong(string body, string fields)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var error = await (await admin.PostAsync("/admin/local-users", Answers.Json(body)))
            .AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);

        Assert.Equal(fields, string.Join(',', error.Errors!.Select(e => e.Field)));
    }

    [Theory]
    [InlineData("""{"name": "x", "privileges": [{}]}""")]
    [InlineData("""{"name": "x", "privileges": [{"type": "View"}]}""")]
    [InlineData("""{"name": "x", "privileges": [{"type": 1, "target": "Appliance"}]}""")]
    [InlineData("""{"name": "x", "privileges": [{"type": "Own", "target": "Appliance"}]}""")]
    public async Task A_privilege_that_does_not_say_what_it_is_never_becomes_all_of_them(string body)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        await (await admin.PostAsync("/admin/administrative-roles", Answers.Json(body)))
            .AssertRefusedAsync(HttpStatusCode.BadRequest, ErrorIds.BadRequest);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_a_conflict_whatever_its_case()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var user = await admin.PostAsync("/admin/local-users", Answers.Json("""{"name": "Admin", "password": "long enough for it"}"""));
        var role = await admin.PostAsync("/admin/administrative-roles", Answers.Json("""{"name": "ADMINISTRATOR"}"""));

        await user.AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        await role.AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
    }

    [Fact]
    public async Task Nobody_gives_a_user_more_than_they_hold()
    {
        await using var host = await ControllerHost.StartAsync();
        using var clerk = await host.SignInAsync(CreateUsers, EditUsers);
        var everything = await host.CatalogAsync(catalog => catalog.AdministrativeRoles.SingleAsync(r => r.Name == "Administrator"));

        var refused = await clerk.PostAsJsonAsync(
            "/admin/local-users", new LocalUser(null, "x", Password: "long enough for it", Roles: [everything.Id]), AdminJson.Default.LocalUser);

        await refused.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        await CreateUserAsync(clerk, "without-roles");
    }

    [Fact]
    public async Task Nobody_changes_or_deletes_a_user_who_holds_more_than_they_do()
    {
        await using var host = await ControllerHost.StartAsync();
        using var clerk = await host.SignInAsync(EditUsers, new Privilege(PrivilegeType.Delete, PrivilegeTarget.LocalUser));
        var admin = await host.CatalogAsync(catalog => catalog.LocalUsers.SingleAsync(u => u.Name == "admin"));

        var takeover = await PutAsync(clerk, new LocalUser(admin.Id, "admin", Password: "the clerk's own now", Roles: admin.Roles));
        var demotion = await PutAsync(clerk, new LocalUser(admin.Id, "admin", Roles: []));
        var deletion = await clerk.DeleteAsync($"/admin/local-users/{admin.Id}");

        await takeover.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        await demotion.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        await deletion.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        Assert.Equal(HttpStatusCode.OK, (await host.LoginAsync("admin", ControllerHost.AdminPassword)).StatusCode);
    }

    [Fact]
    public async Task Nobody_writes_more_into_a_role_than_they_hold_their_own_included()
    {
        await using var host = await ControllerHost.StartAsync();
        var scope = new PrivilegeScope(false, Tags: ["lab"]);
        using var clerk = await host.SignInAsync(
            new Privilege(PrivilegeType.Edit, PrivilegeTarget.AdministrativeRole),
            new Privilege(PrivilegeType.Create, PrivilegeTarget.AdministrativeRole),
            new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, scope));
        var own = await host.CatalogAsync(catalog => catalog.AdministrativeRoles.SingleAsync(r => r.Name != "Administrator"));

        async Task<HttpStatusCode> RewriteAsync(params Privilege[] privileges) => (await clerk.PutAsJsonAsync(
            $"/admin/administrative-roles/{own.Id}",
            new AdministrativeRole(own.Id, own.Name, Privileges: privileges),
            AdminJson.Default.AdministrativeRole)).StatusCode;

        Assert.Equal(HttpStatusCode.Forbidden, await RewriteAsync(new Privilege(PrivilegeType.All, PrivilegeTarget.All)));
        Assert.Equal(HttpStatusCode.Forbidden, await RewriteAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance)));
        Assert.Equal(
            HttpStatusCode.Forbidden,
            await RewriteAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, Tags: ["lab", "production"]))));
        await CreateRoleAsync(clerk, "narrower", new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, scope));
    }

    [Fact]
    public async Task The_last_user_who_may_do_everything_stays()
    {
        await using var host = await ControllerHost.StartAsync();
        var signedIn = await (await host.LoginAsync("admin", ControllerHost.AdminPassword)).AssertOkAsync(AdminJson.Default.LoginResponse);
        using var client = host.NewClient(signedIn.Token);
        var admin = (await (await client.GetAsync("/admin/local-users")).AssertOkAsync(AdminJson.Default.PagedListLocalUser)).Data.Single();
        var role = (await (await client.GetAsync("/admin/administrative-roles")).AssertOkAsync(AdminJson.Default.PagedListAdministrativeRole))
            .Data.Single();

        await (await client.DeleteAsync($"/admin/local-users/{admin.Id}")).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        await (await PutAsync(client, admin with { Disabled = true })).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        await (await PutAsync(client, admin with { Roles = [] })).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        await (await client.PutAsJsonAsync(
            $"/admin/administrative-roles/{role.Id}", role with { Privileges = [] }, AdminJson.Default.AdministrativeRole))
            .AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);

        // Nothing of the refused changes stays: the token works, and so does the password.
        await (await client.GetAsync("/admin/authorization")).AssertOkAsync(AdminJson.Default.LoginResponse);
        var second = await CreateUserAsync(client, "second", role.Id!.Value);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/admin/local-users/{admin.Id}")).StatusCode);
        Assert.Equal("second", second.Name);
    }

    [Fact]
    public async Task A_new_password_and_disabling_revoke_the_tokens_of_the_user()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        var user = await CreateUserAsync(admin, "olivia");
        var before = await (await host.LoginAsync("olivia", "a password for olivia")).AssertOkAsync(AdminJson.Default.LoginResponse);
        await (await PutAsync(admin, user with { Notes = "nothing that matters" })).AssertOkAsync(AdminJson.Default.LocalUser);
        await (await host.NewClient(before.Token).GetAsync("/admin/authorization")).AssertOkAsync(AdminJson.Default.LoginResponse);

        await (await PutAsync(admin, user with { Password = "another password of hers" })).AssertOkAsync(AdminJson.Default.LocalUser);
        await (await host.NewClient(before.Token).GetAsync("/admin/authorization"))
            .AssertRefusedAsync(HttpStatusCode.Unauthorized, ErrorIds.Unauthorized);
        var after = await (await host.LoginAsync("olivia", "another password of hers")).AssertOkAsync(AdminJson.Default.LoginResponse);
        await (await PutAsync(admin, user with { Disabled = true })).AssertOkAsync(AdminJson.Default.LocalUser);
        await (await host.NewClient(after.Token).GetAsync("/admin/authorization"))
            .AssertRefusedAsync(HttpStatusCode.Unauthorized, ErrorIds.Unauthorized);
    }

    [Fact]
    public void A_privilege_covers_itself_and_what_is_narrower_only()
    {
        var lab = new PrivilegeScope(false, Tags: ["lab"]);
        var id = Guid.NewGuid();
        var caller = CallerWith(
            new Privilege(PrivilegeType.All, PrivilegeTarget.Appliance, lab),
            new Privilege(PrivilegeType.View, PrivilegeTarget.All),
            new Privilege(PrivilegeType.Edit, PrivilegeTarget.LocalUser, new PrivilegeScope(false, [id])));

        Assert.True(caller.Covers(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, lab)));
        Assert.True(caller.Covers(new Privilege(PrivilegeType.View, PrivilegeTarget.AuditLog, new PrivilegeScope(true))));
        Assert.True(caller.Covers(new Privilege(PrivilegeType.Edit, PrivilegeTarget.LocalUser, new PrivilegeScope(false, [id]))));
        Assert.False(caller.Covers(new Privilege(PrivilegeType.Edit, PrivilegeTarget.LocalUser, new PrivilegeScope(false, [id, Guid.NewGuid()]))));
        Assert.False(caller.Covers(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance)));
        Assert.False(caller.Covers(new Privilege(PrivilegeType.Backup, PrivilegeTarget.All, lab)));
        Assert.False(caller.Covers(new Privilege(PrivilegeType.All, PrivilegeTarget.All)));
    }

    private static Caller CallerWith(params Privilege[] privileges) =>
        new(Guid.NewGuid(), "x", Guid.NewGuid(), full: true, DateTimeOffset.MaxValue, privileges);

    private static async Task<AdministrativeRole> CreateRoleAsync(HttpClient client, string name, params Privilege[] privileges) =>
        await (await client.PostAsJsonAsync(
            "/admin/administrative-roles", new AdministrativeRole(null, name, Privileges: privileges), AdminJson.Default.AdministrativeRole))
            .AssertOkAsync(AdminJson.Default.AdministrativeRole);

    private static async Task<LocalUser> CreateUserAsync(HttpClient client, string name, params Guid[] roles) =>
        await (await client.PostAsJsonAsync(
            "/admin/local-users", new LocalUser(null, name, Password: $"a password for {name}", Roles: roles), AdminJson.Default.LocalUser))
            .AssertOkAsync(AdminJson.Default.LocalUser);

    private static Task<HttpResponseMessage> PutAsync(HttpClient client, LocalUser user) =>
        client.PutAsJsonAsync($"/admin/local-users/{user.Id}", user, AdminJson.Default.LocalUser);
}
