using System.Net;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Storage;
using Backstay.Protocol.Admin;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Api;

/// <summary>A controller that has enough to do says so, and when to come back.</summary>
public sealed class RequestLimitsTests
{
    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = new LimitOptions();
        Assert.Equal((128, 256, 256, 10_000), (options.Downloads, options.StoreCalls, options.Calls, options.WaitingCalls));
    }

    [Fact]
    public async Task A_download_too_many_is_told_to_come_back_and_other_calls_go_on()
    {
        await using var site = await BackupSite.StartAsync(settings: new() { ["Limits:Downloads"] = "1" });
        var agent = await site.AddOnlineAsync();

        // More than the buffers between the two ends hold: the first download is open until it is read.
        var (backup, _) = await site.MakeBackupAsync(agent, 64 * 1024 * 1024);
        using var first = await site.Admin.GetAsync(BackupSite.Path(agent, backup), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using (var second = await site.Admin.GetAsync(BackupSite.Path(agent, backup), HttpCompletionOption.ResponseHeadersRead))
        {
            Assert.Equal(ErrorIds.ServiceUnavailable, (await BackupSite.ErrorAsync(second, HttpStatusCode.ServiceUnavailable)).Id);
            Assert.NotNull(second.Headers.RetryAfter);
        }

        Assert.Equal(BackupStatusWord.Done, (await site.StatusAsync(agent, backup)).Status);
        await first.Content.CopyToAsync(Stream.Null);

        // The answer is read before the place is free again: a client may be that quick.
        HttpResponseMessage later;
        var tries = 0;
        while ((later = await site.Admin.GetAsync(BackupSite.Path(agent, backup), HttpCompletionOption.ResponseHeadersRead)).StatusCode
            == HttpStatusCode.ServiceUnavailable && ++tries < 100)
            later.Dispose();
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
        later.Dispose();
    }

    [Fact]
    public async Task A_call_too_many_is_told_to_come_back_and_health_probes_are_answered_all_the_same()
    {
        // Every writer waits where SQLite's one writer is.
        await using var site = await BackupSite.StartAsync(
            settings: new() { ["Limits:Calls"] = "16", ["Limits:WaitingCalls"] = "0", ["Catalog:Provider"] = "sqlite" });
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        List<Task<HttpResponseMessage>> calls;
        using (await site.Host.Services.GetRequiredService<WriteGate>().EnterAsync(CancellationToken.None))
        {
            calls = [.. Enumerable.Range(0, 16).Select(_ => agent.RenewAsync(backup, 1))];
            HttpResponseMessage? refused = null;
            await BackupSite.EventuallyAsync(
                async () =>
                {
                    // A question that came in between had the place of one of them, which was refused: it comes again.
                    for (var i = 0; i < calls.Count; i++)
                    {
                        if (!calls[i].IsCompleted)
                            continue;
                        (await calls[i]).Dispose();
                        calls[i] = agent.RenewAsync(backup, 1);
                    }

                    refused?.Dispose();
                    refused = await site.Host.Http.GetAsync("/admin/appliances");
                    return refused.StatusCode == HttpStatusCode.ServiceUnavailable;
                },
                "all places are taken");
            Assert.Equal(ErrorIds.ServiceUnavailable, (await BackupSite.ErrorAsync(refused!, HttpStatusCode.ServiceUnavailable)).Id);
            Assert.Equal(TimeSpan.FromSeconds(5), refused!.Headers.RetryAfter?.Delta);
            refused.Dispose();
            using var healthy = await site.Host.Http.GetAsync("/healthz");
            Assert.Equal(HttpStatusCode.OK, healthy.StatusCode);
        }

        // One more at that moment may have been among them.
        foreach (var call in calls)
        {
            using var response = await call;
            Assert.Contains(response.StatusCode, new[] { HttpStatusCode.NoContent, HttpStatusCode.ServiceUnavailable });
        }

        using var later = await agent.RenewAsync(backup, 1);
        Assert.Equal(HttpStatusCode.NoContent, later.StatusCode);
    }

    [Fact]
    public async Task Polls_and_renewals_do_not_wait_behind_calls_that_a_store_keeps_waiting()
    {
        await using var site = await BackupSite.StartAsync(
            services: FaultyStore.Around,
            settings: new() { ["Limits:Calls"] = "16", ["Limits:StoreCalls"] = "16", ["Limits:WaitingCalls"] = "0", ["Backups:SweepInterval"] = "00:01:00" });
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        var others = new List<(RawAgent Agent, Guid Backup)>();
        for (var i = 0; i < 17; i++)
        {
            var other = await site.AddOnlineAsync();
            others.Add((other, await site.StartBackupAsync(other)));
        }

        var plan = site.Host.Services.GetRequiredService<FaultPlan>();
        plan.Hang(nameof(IArchiveStore.BeginAsync));
        var opening = others.Take(16).Select(other => other.Agent.TryOpenAsync(other.Backup)).ToList();
        await BackupSite.EventuallyAsync(() => Task.FromResult(plan.Hanging == 16), "all of them wait for the store");
        Assert.Equal(BackupStatusWord.Processing, (await site.StatusAsync(agent, backup)).Status);
        using (var renewed = await agent.RenewAsync(backup, 1))
            Assert.Equal(HttpStatusCode.NoContent, renewed.StatusCode);
        using (var refused = await others[16].Agent.TryOpenAsync(others[16].Backup))
        {
            Assert.Equal(ErrorIds.ServiceUnavailable, (await BackupSite.ErrorAsync(refused, HttpStatusCode.ServiceUnavailable)).Id);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        plan.Hang();
        foreach (var call in opening)
        {
            using var opened = await call;
            Assert.Equal(HttpStatusCode.OK, opened.StatusCode);
        }
    }

    [Fact]
    public async Task A_caller_without_a_token_can_not_make_the_controller_hold_a_large_body()
    {
        await using var host = await ControllerHost.StartAsync();
        using var refused = await host.Http.PostAsync("/admin/login", new ByteArrayContent(new byte[RequestBody.MaxAnonymousBytes + 1]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
    }
}
