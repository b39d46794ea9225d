using System.Net;
using System.Security.Cryptography;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Backups.Uploads;

public sealed class SessionTests
{
    [Fact]
    public async Task Opening_again_begins_a_new_attempt_with_the_same_key_and_closes_the_older_one()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        var first = await agent.OpenAsync(backup);
        var archive = RandomNumberGenerator.GetBytes(5000);
        await agent.PutAllAsync(backup, first.Attempt, archive);
        var second = await agent.OpenAsync(backup);

        Assert.Equal((1, 2), (first.Attempt, second.Attempt));
        Assert.Equal(first.SessionKey, second.SessionKey);
        Assert.Equal(first.Envelope, second.Envelope);
        await BackupSite.EventuallyAsync(async () => await site.Host.StoredAsync() is [var only] && only == $"{backup}.2", "the older attempt goes");
        Assert.Equal(0, await site.Host.CatalogAsync(catalog => catalog.Parts.CountAsync()));
        foreach (var late in new[]
        {
            await agent.PutPartAsync(backup, 1, 1, archive), await agent.RenewAsync(backup, 1), await agent.FailAsync(backup, 1),
            await agent.CompleteAsync(backup, 1, archive),
        })
        {
            Assert.Equal(ErrorIds.AttemptClosed, (await BackupSite.ErrorAsync(late, HttpStatusCode.Conflict)).Id);
        }

        await agent.PutAllAsync(backup, 2, archive);
        using var completed = await agent.CompleteAsync(backup, 2, archive);
        Assert.Equal(HttpStatusCode.NoContent, completed.StatusCode);
    }

    [Fact]
    public async Task A_part_that_is_on_its_way_while_its_attempt_is_closed_is_refused()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        var content = new PausingContent(bytes, pauseAfter: 50_000);
        var late = agent.PutPartAsync(backup, 1, 1, bytes, content: content);
        await content.Paused;
        await agent.OpenAsync(backup);
        content.Resume();
        Assert.Equal(ErrorIds.AttemptClosed, (await BackupSite.ErrorAsync(await late, HttpStatusCode.Conflict)).Id);
        await BackupSite.EventuallyAsync(async () => await site.Host.StoredAsync() is [var only] && only == $"{backup}.2", "the older attempt goes");
    }

    [Fact]
    public async Task A_new_process_of_the_agent_can_not_go_on_and_the_next_backup_works()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        agent.Instance = Guid.NewGuid();
        using (var refused = await agent.TryOpenAsync(backup))
            Assert.Equal(ErrorIds.BackupEnded, (await BackupSite.ErrorAsync(refused, HttpStatusCode.Conflict)).Id);

        var status = await site.StatusAsync(agent, backup);
        Assert.Equal((BackupStatusWord.Done, BackupResult.Failure), (status.Status, status.Result));
        Assert.Equal(FailureReason.AgentRestarted, (await site.RowAsync(backup))!.Reason);
        Assert.Equal("utf-8", status.Encoding);
        Assert.Contains("restarted", status.Message, StringComparison.Ordinal);
        Assert.NotEmpty(status.Output!);
        await site.MakeBackupAsync(agent);
    }

    [Fact]
    public async Task Sessions_opened_at_once_get_different_attempts_and_one_key()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => agent.TryOpenAsync(backup)));
        List<UploadSession> opened = [];
        foreach (var answer in answers)
        {
            if (answer.StatusCode == HttpStatusCode.OK)
                opened.Add((await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync(answer.Content, AgentJson.Default.UploadSession))!);
            else
                Assert.Equal(ErrorIds.AttemptClosed, (await BackupSite.ErrorAsync(answer, HttpStatusCode.Conflict)).Id);
        }

        Assert.NotEmpty(opened);
        Assert.Equal(opened.Count, opened.Select(s => s.Attempt).Distinct().Count());
        Assert.Single(opened.Select(s => Convert.ToHexString(s.SessionKey)).Distinct());
        Assert.Equal(opened.Max(s => s.Attempt), (await site.RowAsync(backup))!.Attempt);
    }

    [Fact]
    public async Task The_session_key_is_kept_protected_and_only_until_the_backup_ends()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        Assert.Null((await site.RowAsync(backup))!.ProtectedSessionKey);
        var session = await agent.OpenAsync(backup);
        var kept = (await site.RowAsync(backup))!.ProtectedSessionKey!;
        Assert.True(kept.AsSpan().IndexOf(session.SessionKey) < 0);
        await agent.FailAsync(backup, session.Attempt);
        Assert.Null((await site.RowAsync(backup))!.ProtectedSessionKey);

        var (done, _) = await site.MakeBackupAsync(agent);
        Assert.Null((await site.RowAsync(done))!.ProtectedSessionKey);
    }

    [Fact]
    public async Task An_agent_can_not_touch_the_backup_of_another_appliance()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, thief) = (await site.AddOnlineAsync(), await site.AddOnlineAsync());
        var backup = await site.StartBackupAsync(agent);
        var session = await agent.OpenAsync(backup);
        var bytes = new byte[10];
        foreach (var call in new[]
        {
            await thief.TryOpenAsync(backup), await thief.PutPartAsync(backup, session.Attempt, 1, bytes),
            await thief.RenewAsync(backup, session.Attempt), await thief.CompleteAsync(backup, session.Attempt, bytes),
            await thief.FailAsync(backup, session.Attempt), await thief.TryOpenAsync(Guid.NewGuid()),
        })
        {
            Assert.Equal(ErrorIds.NotFound, (await BackupSite.ErrorAsync(call, HttpStatusCode.NotFound)).Id);
        }

        Assert.Equal(BackupState.Running, (await site.RowAsync(backup))!.State);
    }

    [Fact]
    public async Task Neither_an_administrator_nor_nobody_passes_as_an_agent()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        foreach (var client in new[] { site.Admin, site.Host.NewClient(), site.Host.NewClient("wrong") })
        {
            using var response = await client.PostAsync($"/agent/v1/backups/{backup}/session", null);
            await BackupSite.ErrorAsync(response, HttpStatusCode.Unauthorized);
        }

        using var admin = await agent.Http.GetAsync("/admin/backups");
        await BackupSite.ErrorAsync(admin, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_cancelled_backup_is_told_to_its_agent_and_takes_nothing_more()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        var session = await agent.OpenAsync(backup);
        var bytes = RandomNumberGenerator.GetBytes(100);
        await agent.PutAllAsync(backup, session.Attempt, bytes);
        using (var cancelled = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup)))
            Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);

        Assert.Equal(backup.ToString(), await agent.NextEventAsync(AgentEvents.Cancel));
        foreach (var late in new[]
        {
            await agent.PutPartAsync(backup, 1, 2, bytes), await agent.RenewAsync(backup, 1), await agent.CompleteAsync(backup, 1, bytes),
            await agent.TryOpenAsync(backup),
        })
        {
            Assert.Equal(ErrorIds.BackupEnded, (await BackupSite.ErrorAsync(late, HttpStatusCode.Conflict)).Id);
        }

        Assert.Equal(FailureReason.Cancelled, (await site.RowAsync(backup))!.Reason);
        await BackupSite.EventuallyAsync(async () => (await site.Host.StoredAsync()).Count == 0, "what it had sent is thrown away");
    }

    [Fact]
    public async Task Failing_is_idempotent_and_its_text_reaches_the_client_cleaned()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        var session = await agent.OpenAsync(backup);
        for (var i = 0; i < 2; i++)
        {
            using var failed = await agent.FailAsync(
                backup, session.Attempt, message: "pg_dump\r\n\u001b[31m failed", output: "line 1\nline 2\u0007\u202e" + new string('x', 30_000));
            Assert.Equal(HttpStatusCode.NoContent, failed.StatusCode);
        }

        var status = await site.StatusAsync(agent, backup);
        Assert.Equal("pg_dump   [31m failed", status.Message);
        Assert.StartsWith("line 1\nline 2  xxx", status.Output, StringComparison.Ordinal);
        Assert.Equal(16_384, status.Output!.Length);
    }

    [Theory]
    [InlineData(FailureReason.AgentLost)]
    [InlineData(FailureReason.DeadlineExceeded)]
    [InlineData(FailureReason.ControllerFailed)]
    [InlineData(FailureReason.StoreFailed)]
    public async Task An_agent_can_not_give_reasons_that_it_can_not_know(FailureReason reason)
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        var session = await agent.OpenAsync(backup);
        await BackupSite.ErrorAsync(await agent.FailAsync(backup, session.Attempt, reason), HttpStatusCode.BadRequest);
        Assert.Equal(BackupState.Running, (await site.RowAsync(backup))!.State);
    }
}
