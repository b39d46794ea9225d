using System.Net;
using System.Net.Http.Json;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Verification;

public sealed class VerificationsApiTests
{
    [Fact]
    public async Task A_verification_that_is_asked_for_is_made_in_the_background_and_can_be_followed()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync("gw-01");
        var (backup, archive) = await site.MakeRealBackupAsync(agent);
        using var accepted = await site.Admin.PostAsync($"{BackupSite.Path(agent, backup)}/verify", null);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var id = (await accepted.Content.ReadFromJsonAsync(AdminJson.Default.VerificationAccepted))!.Id;
        Assert.Equal($"/admin/verifications/{id}", accepted.Headers.Location?.ToString());

        await BackupSite.EventuallyAsync(async () => (await site.ReadAsync(id)).State == VerificationRunState.Passed, "passed");

        var found = await site.ReadAsync(id);
        Assert.Equal(
            (VerificationStrength.Digest, "gw-01", backup, archive.Length), (found.Strength, found.ApplianceName, found.BackupId, found.Size));
    }

    [Fact]
    public async Task Asked_again_while_it_waits_it_is_the_same_and_another_strength_is_another()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeRealBackupAsync(agent);
        var digest = await site.AskAsync(agent, backup, "digest");
        Assert.Equal(digest, await site.AskAsync(agent, backup, "digest"));
        Assert.NotEqual(digest, await site.AskAsync(agent, backup, "content"));
    }

    [Fact]
    public async Task What_can_not_be_verified_is_refused()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var failed = await site.FailBackupAsync(agent);
        using var gone = await site.SendAsync(HttpMethod.Post, $"{BackupSite.Path(agent, failed)}/verify");
        await gone.AssertRefusedAsync(HttpStatusCode.Gone, ErrorIds.Gone);

        var running = await site.StartBackupAsync(agent);
        using var early = await site.SendAsync(HttpMethod.Post, $"{BackupSite.Path(agent, running)}/verify");
        await early.AssertRefusedAsync(HttpStatusCode.PreconditionFailed, ErrorIds.BackupProcessing);

        using var drill = await site.SendAsync(HttpMethod.Post, $"{BackupSite.Path(agent, running)}/verify", json: new { strength = "drill" });
        await drill.AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
        using var nothing = await site.SendAsync(HttpMethod.Post, $"{BackupSite.Path(agent, Guid.NewGuid())}/verify");
        await nothing.AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
        using var unknown = await site.SendAsync(HttpMethod.Get, $"/admin/verifications/{Guid.NewGuid()}");
        await unknown.AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
    }

    [Fact]
    public async Task The_list_shows_those_in_scope_by_backup_strength_and_state()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync(tags: ["north"]);
        var other = await site.AddOnlineAsync(tags: ["south"]);
        var (backup, _) = await site.MakeRealBackupAsync(agent);
        var (hidden, _) = await site.MakeRealBackupAsync(other);
        var asked = await site.AskAsync(agent, backup, "content");
        var secret = await site.AskAsync(other, hidden, "content");
        await site.VerifyAllAsync();

        using var north = await site.Host.SignInAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, Tags: ["north"])));
        var all = await ListAsync(north, "");
        Assert.Equal([asked, (await ListAsync(north, "?filterBy=strength:digest")).Single().Id], all.Select(v => v.Id));
        Assert.Equal(asked, Assert.Single(await ListAsync(north, $"?filterBy=backupId:{backup}&filterBy=strength:content&filterBy=state:passed")).Id);
        Assert.Empty(await ListAsync(north, $"?filterBy=backupId:{hidden}"));
        using var forbidden = await north.GetAsync($"/admin/verifications/{secret}");
        await forbidden.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        using var wrong = await north.GetAsync("/admin/verifications?filterBy=strength:7");
        await wrong.AssertRefusedAsync(HttpStatusCode.BadRequest, ErrorIds.BadRequest);
    }

    private static async Task<IReadOnlyList<VerificationRecord>> ListAsync(HttpClient client, string query) =>
        (await client.GetFromJsonAsync($"/admin/verifications{query}", AdminJson.Default.PagedListVerificationRecord))!.Data;
}
