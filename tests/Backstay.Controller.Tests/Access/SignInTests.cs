using System.Buffers.Binary;
using System.Net;
using Backstay.Controller.Access;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Cryptography.KeyDerivation;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Access;

public sealed class SignInTests
{
    [Fact]
    public async Task A_script_signs_in_with_one_call_and_its_token_is_good_for_all_others()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var host = await ControllerHost.StartAsync(time);

        var signedIn = await SignInAsync(host);

        Assert.Equal("admin", signedIn.User.Name);
        Assert.False(signedIn.User.NeedTwoFactorAuth);
        Assert.True(signedIn.User.CanAccessAuditLogs);
        Assert.Equal(PrivilegeType.All, signedIn.User.Privileges.Single().Type);
        Assert.Equal("", signedIn.MessageOfTheDay);
        Assert.Equal(time.GetUtcNow().AddMinutes(720), signedIn.Expires);
        await (await host.NewClient(signedIn.Token).GetAsync("/admin/appliances")).AssertOkAsync(AdminJson.Default.PagedListAppliance);
    }

    [Fact]
    public async Task The_two_halves_of_the_interactive_sign_in_end_in_a_full_token_of_the_same_end()
    {
        await using var host = await ControllerHost.StartAsync();
        var half = await SignInAsync(host, "/admin/authentication");

        var once = await AuthorizeAsync(host, half.Token);
        var twice = await AuthorizeAsync(host, half.Token);
        var again = await AuthorizeAsync(host, once.Token);

        Assert.Equal(4, new[] { half.Token, once.Token, twice.Token, "" }.Distinct().Count());
        Assert.Equal(once.Token, again.Token);
        Assert.All([once, twice, again], response => Assert.Equal(half.Expires, response.Expires));
        await (await host.NewClient(once.Token).GetAsync("/admin/appliances")).AssertOkAsync(AdminJson.Default.PagedListAppliance);
    }

    [Fact]
    public async Task Logging_out_revokes_every_token_of_the_sign_in_and_no_other()
    {
        await using var host = await ControllerHost.StartAsync();
        var half = await SignInAsync(host, "/admin/authentication");
        var full = await AuthorizeAsync(host, half.Token);
        var other = await SignInAsync(host);

        var answer = await host.NewClient(full.Token).PostAsync("/admin/logout", null);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        await AssertRevokedAsync(host, half.Token);
        await AssertRevokedAsync(host, full.Token);
        await AuthorizeAsync(host, other.Token);
    }

    [Fact]
    public async Task A_wrong_password_an_unknown_user_a_disabled_one_and_another_provider_are_refused_alike()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        await (await admin.PostAsync("/admin/local-users", Answers.Json(
            """{"name": "gone", "password": "long enough for it", "disabled": true}"""))).AssertOkAsync(AdminJson.Default.LocalUser);
        var wrong = await host.LoginAsync("admin", "wrong");
        var unknown = await host.LoginAsync("nobody", ControllerHost.AdminPassword);
        var disabled = await host.LoginAsync("gone", "long enough for it");
        var provider = await host.Http.PostAsync("/admin/login", Answers.Json(
            $$"""{"providerName": "ldap", "username": "admin", "password": "{{ControllerHost.AdminPassword}}", "deviceId": "{{Guid.NewGuid()}}"}"""));

        foreach (var answer in new[] { wrong, unknown, disabled, provider })
        {
            var error = await answer.AssertRefusedAsync(HttpStatusCode.Unauthorized, ErrorIds.InvalidCredentials);
            Assert.Equal("Invalid username or password.", error.Reason);
        }
    }

    [Fact]
    public async Task Every_field_that_is_missing_is_named()
    {
        await using var host = await ControllerHost.StartAsync();

        var error = await (await host.Http.PostAsync("/admin/login", Answers.Json("{}")))
            .AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);

        Assert.Equal(["providerName", "username", "password", "deviceId"], error.Errors!.Select(e => e.Field));
    }

    [Fact]
    public async Task A_token_ends_when_the_settings_say_so_and_the_sweep_removes_it()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var host = await ControllerHost.StartAsync(time);
        using var admin = await host.AdminAsync();
        await (await admin.PutAsync("/admin/global-settings", Answers.Json("""{"administrationTokenExpiration": 5}""")))
            .AssertOkAsync(AdminJson.Default.GlobalSettings);
        var signedIn = await SignInAsync(host);
        Assert.Equal(time.GetUtcNow().AddMinutes(5), signedIn.Expires);

        time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        await AuthorizeAsync(host, signedIn.Token);
        time.Advance(TimeSpan.FromSeconds(1));
        await AssertRevokedAsync(host, signedIn.Token);

        Assert.Equal(2, await host.CatalogAsync(catalog => catalog.Tokens.CountAsync()));
        var sweep = host.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<TokenSweep>().Single();
        Assert.Equal(1, await sweep.SweepAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Passwords_are_hashed_with_the_iterations_that_OWASP_asks_for()
    {
        using var passwords = new Passwords();

        // Version 3 of the format: a marker, then the function and the iterations, four bytes each.
        var hash = Convert.FromBase64String(await passwords.HashAsync(ControllerHost.AdminPassword, TestContext.Current.CancellationToken));

        Assert.Equal(1, hash[0]);
        Assert.Equal((uint)KeyDerivationPrf.HMACSHA512, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(1)));
        Assert.Equal(210_000u, BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5)));
    }

    [Fact]
    public async Task A_password_hashed_with_fewer_iterations_is_hashed_anew_when_its_user_signs_in()
    {
        await using var host = await ControllerHost.StartAsync();
        var weak = new PasswordHasher<LocalUserEntity>(Options.Create(new PasswordHasherOptions { IterationCount = 100 }))
            .HashPassword(null!, ControllerHost.AdminPassword);
        await host.CatalogAsync(catalog => catalog.LocalUsers.Where(u => u.Name == "admin")
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, weak)));

        await SignInAsync(host);

        Assert.NotEqual(weak, await host.CatalogAsync(catalog => catalog.LocalUsers.Select(u => u.PasswordHash).SingleAsync()));
        await SignInAsync(host);
    }

    [Fact]
    public async Task Neither_tokens_nor_passwords_are_in_the_catalog()
    {
        await using var host = await ControllerHost.StartAsync();
        var signedIn = await SignInAsync(host);

        await host.AssertNotInCatalogAsync(signedIn.Token, ControllerHost.AdminPassword);
    }

    [Fact]
    public async Task The_versions_and_the_ways_to_sign_in_are_told_without_a_token()
    {
        await using var host = await ControllerHost.StartAsync();

        var version = await (await host.Http.GetAsync("/admin/version")).AssertOkAsync(AdminJson.Default.VersionInfo);
        var providers = await (await host.Http.GetAsync("/admin/identity-providers/names")).AssertOkAsync(AdminJson.Default.IdentityProviderNames);

        Assert.Equal((23, 17), (version.PeerVersion, version.LowestPeerVersionSupported));
        Assert.Equal(new IdentityProviderName("local", "Credentials"), providers.Data.Single());
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer unknown")]
    [InlineData("Basic YWRtaW46YWRtaW4=")]
    public async Task What_is_no_token_is_refused(string authorization)
    {
        await using var host = await ControllerHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/authorization");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);

        await (await host.Http.SendAsync(request)).AssertRefusedAsync(HttpStatusCode.Unauthorized, ErrorIds.Unauthorized);
    }

    private static async Task<LoginResponse> SignInAsync(ControllerHost host, string path = "/admin/login") =>
        await (await host.LoginAsync("admin", ControllerHost.AdminPassword, path)).AssertOkAsync(AdminJson.Default.LoginResponse);

    private static async Task<LoginResponse> AuthorizeAsync(ControllerHost host, string token) =>
        await (await host.NewClient(token).GetAsync("/admin/authorization")).AssertOkAsync(AdminJson.Default.LoginResponse);

    private static async Task AssertRevokedAsync(ControllerHost host, string token) =>
        await (await host.NewClient(token).GetAsync("/admin/authorization")).AssertRefusedAsync(HttpStatusCode.Unauthorized, ErrorIds.Unauthorized);
}
