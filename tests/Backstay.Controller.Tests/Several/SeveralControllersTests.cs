using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Backstay.Controller.Agents;
using Backstay.Controller.Backups.Uploads;
using Backstay.Controller.Settings;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Backups.Uploads;
using Backstay.Controller.Tests.Notifications;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Several;

/// <summary>Controllers that are all alike: what was begun at one goes on at any other.</summary>
public sealed class SeveralControllersTests
{
    private static readonly int PartSize = (int)PartPlan.Default.SizeOf(1);

    [Fact]
    public async Task The_requests_of_one_upload_may_each_land_on_another_controller()
    {
        await using var group = await ControllerGroup.StartAsync(3);
        var appliance = await group.AddApplianceAsync();
        var agent = group.BalancedAgent(appliance);
        await agent.ConnectAsync();
        using var admin = group.Balanced(await TokenAsync(group));
        var archive = RandomNumberGenerator.GetBytes((3 * PartSize) + 1000);

        var backup = await StartAsync(admin, appliance.Id);
        await agent.MakeAsync(backup, archive);

        for (var i = 0; i < 3; i++)
            Assert.Equal(archive, await admin.GetByteArrayAsync($"/admin/appliances/{appliance.Id}/backup/{backup}"));
    }

    [Fact]
    public async Task A_backup_asked_for_at_one_controller_reaches_the_agent_at_another_well_before_its_heartbeat()
    {
        await using var group = await ControllerGroup.StartAsync(2);
        var appliance = await group.AddApplianceAsync();
        var agent = group.AgentOf(1, appliance);
        await agent.ConnectAsync();
        using var admin = group[0].NewClient(await TokenAsync(group));
        var clock = TimeProvider.System.GetTimestamp();

        var backup = await StartAsync(admin, appliance.Id);

        Assert.Equal(backup.ToString(), await agent.NextEventAsync(AgentEvents.Backup));
        Assert.True(TimeProvider.System.GetElapsedTime(clock) < AgentEvents.PingInterval / 2);
    }

    [Fact]
    public async Task A_stream_that_is_dead_without_having_said_so_takes_no_presence_and_no_hint_from_the_agents_newer_one()
    {
        await using var group = await ControllerGroup.StartAsync(2);
        var appliance = await group.AddApplianceAsync();
        var dead = group.AgentOf(0, appliance);
        await dead.ConnectAsync();
        var agent = group.AgentOf(1, appliance);
        await agent.ConnectAsync();
        using var admin = group[0].NewClient(await TokenAsync(group));

        // Asked for where the dead one seems to be good.
        var backup = await StartAsync(admin, appliance.Id);
        Assert.Equal(backup.ToString(), await agent.NextEventAsync(AgentEvents.Backup));
        (await admin.DeleteAsync($"/admin/appliances/{appliance.Id}/backup/{backup}")).EnsureSuccessStatusCode();

        // Its controller finds out with a heartbeat; the presence is the newer one's all along.
        await group[0].Services.GetRequiredService<AgentPresence>().BeatAsync(CancellationToken.None);
        await dead.StreamEndedAsync();
        await dead.DisconnectAsync();
        await BackupSite.EventuallyAsync(
            () => Task.FromResult(group[0].Services.GetRequiredService<AgentConnections>().IsEmpty), "the dead one is forgotten");
        await group[1].Services.GetRequiredService<AgentPresence>().BeatAsync(CancellationToken.None);
        var next = await StartAsync(admin, appliance.Id);
        string? told;
        while ((told = await agent.NextEventAsync(AgentEvents.Backup)) == backup.ToString())
        {
            // A hint may come twice.
        }

        Assert.Equal(next.ToString(), told);
    }

    [Fact]
    public async Task A_sign_in_holds_on_every_controller_and_ends_on_every_controller()
    {
        await using var group = await ControllerGroup.StartAsync(2);
        var token = await TokenAsync(group);
        using var first = group[0].NewClient(token);
        using var second = group[1].NewClient(token);
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync("/admin/appliances")).StatusCode);

        (await first.PostAsync("/admin/logout", null)).EnsureSuccessStatusCode();

        Assert.Equal(HttpStatusCode.Unauthorized, (await second.GetAsync("/admin/appliances")).StatusCode);
    }

    [Fact]
    public async Task An_agent_deactivated_at_one_controller_is_cut_off_at_another()
    {
        await using var group = await ControllerGroup.StartAsync(2);
        var appliance = await group.AddApplianceAsync();
        var agent = group.AgentOf(1, appliance);
        await agent.ConnectAsync();
        using var admin = group[0].NewClient(await TokenAsync(group));

        (await admin.PostAsync($"/admin/appliances/{appliance.Id}/deactivate", null)).EnsureSuccessStatusCode();

        await agent.StreamEndedAsync();
        using var refused = await agent.TryOpenAsync(Guid.NewGuid());
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Settings_changed_at_one_controller_hold_at_another_at_once()
    {
        await using var group = await ControllerGroup.StartAsync(2);
        var token = await TokenAsync(group);
        using var first = group[0].NewClient(token);
        using var second = group[1].NewClient(token);
        var settings = (await first.GetFromJsonAsync("/admin/global-settings", AdminJson.Default.GlobalSettings))!;

        (await first.PutAsJsonAsync("/admin/global-settings", settings with { BackupApiEnabled = false }, AdminJson.Default.GlobalSettings))
            .EnsureSuccessStatusCode();

        using var refused = await second.PostAsJsonAsync($"/admin/appliances/{(await group.AddApplianceAsync()).Id}/backup", new { });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
    }

    [Fact]
    public async Task What_one_controller_protects_with_a_key_it_has_just_made_another_opens_at_once()
    {
        await using var group = await ControllerGroup.StartAsync(2);
        var (first, second) = (group[0].Services, group[1].Services);
        second.GetRequiredService<SecretProtection>().Protect(SecretProtection.SessionKey, "reads the keys"); // and keeps them for a day
        var now = TimeProvider.System.GetUtcNow();
        var key = first.GetRequiredService<IKeyManager>().CreateNewKey(now, now.AddDays(90));

        // Until the framework's own ring takes the new key for its default one.
        var made = Array.Empty<byte>();
        await BackupSite.EventuallyAsync(
            () =>
            {
                made = first.GetRequiredService<SecretProtection>().Protect(SecretProtection.SessionKey, "secret");
                return Task.FromResult(made.AsSpan(4, 16).SequenceEqual(key.KeyId.ToByteArray()));
            },
            "the new key is used");

        Assert.Equal("secret"u8.ToArray(), second.GetRequiredService<SecretProtection>().Unprotect(SecretProtection.SessionKey, made));
    }

    [Fact]
    public async Task One_part_sent_to_two_controllers_at_once_is_stored_once_and_whole()
    {
        await using var group = await ControllerGroup.StartAsync(2);
        var appliance = await group.AddApplianceAsync();
        var (first, second) = (group.AgentOf(0, appliance), group.AgentOf(1, appliance));
        await first.ConnectAsync();
        using var admin = group[0].NewClient(await TokenAsync(group));
        var archive = RandomNumberGenerator.GetBytes(PartSize / 4);
        var backup = await StartAsync(admin, appliance.Id);
        var session = await first.OpenAsync(backup);

        // The first one hangs in the middle of other bytes than it promises …
        var wrong = RandomNumberGenerator.GetBytes(archive.Length);
        using var hanging = new PausingContent(wrong, pauseAfter: wrong.Length / 2);
        var digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(archive))}:";
        var late = first.PutPartAsync(backup, session.Attempt, 1, wrong, digest, hanging);
        await hanging.Paused;
        var inFlight = group[0].Services.GetRequiredService<PartsInFlight>();
        await BackupSite.EventuallyAsync(() => Task.FromResult(inFlight.Count == 1), "the first is being taken in");

        // … so the second isn't taken in beside it: a folder would mix their bytes, …
        var beside = await second.PutPartAsync(backup, session.Attempt, 1, archive);
        if (Environment.GetEnvironmentVariable("BACKSTAY_TEST_STORE") != "s3")
            Assert.Equal(HttpStatusCode.ServiceUnavailable, beside.StatusCode);

        // … until the first is over.
        hanging.Resume();
        Assert.Equal(HttpStatusCode.BadRequest, (await late).StatusCode);
        using var again = await second.PutPartAsync(backup, session.Attempt, 1, archive);
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        using var completed = await second.CompleteAsync(backup, session.Attempt, archive);
        Assert.Equal(HttpStatusCode.NoContent, completed.StatusCode);
        Assert.Equal(archive, await admin.GetByteArrayAsync($"/admin/appliances/{appliance.Id}/backup/{backup}"));
    }

    [Fact]
    public async Task The_same_parts_raced_through_three_controllers_make_one_good_archive()
    {
        await using var group = await ControllerGroup.StartAsync(3);
        var appliance = await group.AddApplianceAsync();
        var agent = group.BalancedAgent(appliance);
        await agent.ConnectAsync();
        using var admin = group.Balanced(await TokenAsync(group));
        var archive = RandomNumberGenerator.GetBytes(PartSize + 50_000);
        var backup = await StartAsync(admin, appliance.Id);
        var session = await agent.OpenAsync(backup);

        await Task.WhenAll(Enumerable.Range(0, 3).SelectMany(_ => RawAgent.Split(archive)).Select(part =>
            UntilTakenAsync(() => agent.PutPartAsync(backup, session.Attempt, part.Number, part.Bytes))));
        var ends = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => agent.CompleteAsync(backup, session.Attempt, archive)));

        Assert.All(ends, end => Assert.Equal(HttpStatusCode.NoContent, end.StatusCode));
        Assert.Equal(archive, await admin.GetByteArrayAsync($"/admin/appliances/{appliance.Id}/backup/{backup}"));
    }

    [Fact]
    public async Task Every_notification_is_delivered_once_and_every_archive_verified_once()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var group = await ControllerGroup.StartAsync(3, new() { ["Notifications:AllowedNetworks:0"] = "127.0.0.0/8" });
        using var admin = group.Balanced(await TokenAsync(group));
        var backups = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            var appliance = await group.AddApplianceAsync();
            var agent = group.BalancedAgent(appliance);
            await agent.ConnectAsync();
            var backup = await StartAsync(admin, appliance.Id, new { notifyUrl = receiver.Url });
            await agent.MakeAsync(backup, RandomNumberGenerator.GetBytes(20_000));
            return backup;
        }));

        // As in a rebuilt catalog: nobody has looked at the stored bytes.
        await group[0].CatalogAsync(catalog => catalog.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.Verification, VerificationState.Pending)));
        for (var i = 0; i < 3; i++)
            group[i].Services.GetRequiredService<VerificationHint>().Wake();
        await BackupSite.EventuallyAsync(
            () => group[0].CatalogAsync(catalog => catalog.Backups.AllAsync(b => b.Verification == VerificationState.Verified)), "verified");
        await BackupSite.EventuallyAsync(
            () => group[0].CatalogAsync(catalog => catalog.Deliveries.AllAsync(d => d.State == DeliveryState.Delivered)), "delivered");
        Assert.Equal(backups.Length, receiver.All.Count);
        var proofs = await group[0].CatalogAsync(catalog =>
            catalog.AuditLog.Where(line => line.Action == "backup.verify").Select(line => line.Target!).ToListAsync());
        Assert.Equivalent(backups.Select(backup => backup.ToString()), proofs, strict: true);
    }

    [Fact]
    public async Task A_rolling_restart_of_all_controllers_fails_none_of_twenty_uploads()
    {
        await using var group = await ControllerGroup.StartAsync(3);
        var token = await TokenAsync(group);
        using var admin = group.Balanced(token);
        var archives = new Dictionary<(Guid Appliance, Guid Backup), byte[]>();
        var restarted = new TaskCompletionSource();
        var uploads = new List<Task>();
        for (var i = 0; i < 20; i++)
        {
            var appliance = await group.AddApplianceAsync();
            var agent = group.BalancedAgent(appliance);
            await agent.ConnectAsync();
            var backup = await StartAsync(admin, appliance.Id);
            var archive = archives[(appliance.Id, backup)] = RandomNumberGenerator.GetBytes(PartSize + 1000 + i);
            uploads.Add(UploadAsync(agent, backup, archive, restarted.Task));
        }

        for (var i = 0; i < 3; i++)
            await group.RestartAsync(i);
        restarted.SetResult();
        await Task.WhenAll(uploads);

        foreach (var ((appliance, backup), archive) in archives)
            Assert.Equal(archive, await admin.GetByteArrayAsync($"/admin/appliances/{appliance}/backup/{backup}"));
    }

    /// <summary>As an agent does it: what isn't answered well is said again. It works until all controllers were restarted.</summary>
    private static async Task UploadAsync(RawAgent agent, Guid backup, byte[] archive, Task restarted)
    {
        UploadSession? session = null;
        await UntilTakenAsync(async () =>
        {
            var opened = await agent.TryOpenAsync(backup);
            session = opened.IsSuccessStatusCode ? await opened.Content.ReadFromJsonAsync(AgentJson.Default.UploadSession) : null;
            return opened;
        });
        foreach (var (number, bytes) in RawAgent.Split(archive))
        {
            await UntilTakenAsync(() => agent.PutPartAsync(backup, session!.Attempt, number, bytes));
            for (var i = 0; i < 20 && !restarted.IsCompleted; i++)
            {
                await Task.Delay(100);
                await UntilTakenAsync(() => agent.RenewAsync(backup, session!.Attempt));
            }
        }

        await restarted;
        await UntilTakenAsync(() => agent.CompleteAsync(backup, session!.Attempt, archive));
    }

    private static async Task UntilTakenAsync(Func<Task<HttpResponseMessage>> call)
    {
        for (var tries = 0; tries < 300; tries++)
        {
            using var answer = await call();
            if (answer.IsSuccessStatusCode)
                return;

            Assert.True((int)answer.StatusCode >= 500, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            await Task.Delay(100);
        }

        Assert.Fail("Not taken within half a minute.");
    }

    private static async Task<string> TokenAsync(ControllerGroup group)
    {
        using var answer = await group[0].LoginAsync("admin", ControllerHost.AdminPassword);
        return (await answer.Content.ReadFromJsonAsync(AdminJson.Default.LoginResponse))!.Token;
    }

    private static async Task<Guid> StartAsync(HttpClient admin, Guid appliance, object? body = null)
    {
        using var answer = await admin.PostAsJsonAsync($"/admin/appliances/{appliance}/backup", body ?? new { });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(AdminJson.Default.BackupAccepted))!.Id;
    }
}
