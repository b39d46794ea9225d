using System.Net;
using System.Security.Cryptography;
using Backstay.Controller.Backups.Uploads;
using Backstay.Controller.Catalog;
using Backstay.Controller.Tests.Agents;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Backups.Uploads;

public sealed class PartTests
{
    private static readonly int PartSize = (int)PartPlan.Default.SizeOf(1);

    [Fact]
    public async Task A_part_with_another_digest_is_refused_kept_nowhere_and_can_be_sent_again()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup, attempt) = await OpenAsync(site);
        var (bytes, altered) = (RandomNumberGenerator.GetBytes(100_000), RandomNumberGenerator.GetBytes(100_000));
        var digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:";
        using (var wrong = await agent.PutPartAsync(backup, attempt, 1, altered, digest))
            Assert.Equal(ErrorIds.DigestMismatch, (await BackupSite.ErrorAsync(wrong, HttpStatusCode.BadRequest)).Id);
        Assert.Equal(0, await PartsAsync(site));
        using (var right = await agent.PutPartAsync(backup, attempt, 1, bytes, digest))
            Assert.Equal(HttpStatusCode.NoContent, right.StatusCode);
        await agent.CompleteAsync(backup, attempt, bytes);
        Assert.Equal(bytes, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
    }

    [Fact]
    public async Task The_same_part_again_is_acknowledged_again_and_another_one_under_its_number_is_not()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup, attempt) = await OpenAsync(site);
        var (bytes, other) = (RandomNumberGenerator.GetBytes(100_000), RandomNumberGenerator.GetBytes(100_000));
        foreach (var _ in Enumerable.Range(0, 3))
        {
            using var again = await agent.PutPartAsync(backup, attempt, 1, bytes);
            Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        }

        using (var conflict = await agent.PutPartAsync(backup, attempt, 1, other))
            Assert.Equal(ErrorIds.PartConflict, (await BackupSite.ErrorAsync(conflict, HttpStatusCode.Conflict)).Id);

        // Claims the digest of the stored part, but is another: what is stored stays what it was.
        using (var liar = await agent.PutPartAsync(backup, attempt, 1, other, $"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:"))
            Assert.Equal(HttpStatusCode.NoContent, liar.StatusCode);
        await agent.CompleteAsync(backup, attempt, bytes);
        Assert.Equal(bytes, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
    }

    [Fact]
    public async Task An_older_request_with_the_same_part_gives_way_and_its_late_bytes_change_nothing()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup, attempt) = await OpenAsync(site);
        var (bytes, garbage) = (RandomNumberGenerator.GetBytes(200_000), RandomNumberGenerator.GetBytes(200_000));
        var stuck = new PausingContent(garbage, pauseAfter: 100_000);
        var older = agent.PutPartAsync(backup, attempt, 1, bytes, content: stuck);
        await stuck.Paused;
        await TakenAsync(site, 1);
        using (var newer = await agent.PutPartAsync(backup, attempt, 1, bytes))
            Assert.Equal(HttpStatusCode.NoContent, newer.StatusCode);
        stuck.Resume();
        try
        {
            using var response = await older;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
            Assert.True(response.Headers.ConnectionClose);
        }
        catch (HttpRequestException)
        {
            // the controller may close the connection in the middle of the body
        }

        await agent.CompleteAsync(backup, attempt, bytes);
        Assert.Equal(bytes, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("md5=:AAAA:")]
    [InlineData("sha-256=AAAA")]
    [InlineData("sha-256=:not base64!:")]
    [InlineData("sha-256=:AAAA:")]
    [InlineData("sha-512=:AAAA:")]
    public async Task A_part_without_a_readable_digest_is_refused(string digest)
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup, attempt) = await OpenAsync(site);
        using var response = await agent.PutPartAsync(backup, attempt, 1, new byte[10], digest);
        Assert.Equal(ErrorIds.DigestMismatch, (await BackupSite.ErrorAsync(response, HttpStatusCode.BadRequest)).Id);
    }

    [Fact]
    public async Task A_part_needs_a_length_within_the_plan()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup, attempt) = await OpenAsync(site);
        using (var empty = await agent.PutPartAsync(backup, attempt, 1, []))
            Assert.Equal(ErrorIds.PartLength, (await BackupSite.ErrorAsync(empty, HttpStatusCode.BadRequest)).Id);
        var bytes = new byte[10];
        var chunked = new StreamContent(new MemoryStream(bytes)) { Headers = { ContentLength = null } };
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/agent/v1/backups/{backup}/session/{attempt}/parts/1") { Content = chunked };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.Add("Content-Digest", $"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:");
        using (var unknown = await agent.Http.SendAsync(request))
            Assert.Equal(ErrorIds.PartLength, (await BackupSite.ErrorAsync(unknown, HttpStatusCode.BadRequest)).Id);
        using (var large = await agent.PutPartAsync(backup, attempt, 1, new byte[PartSize + 1]))
            Assert.Equal(ErrorIds.PayloadTooLarge, (await BackupSite.ErrorAsync(large, HttpStatusCode.RequestEntityTooLarge)).Id);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(10_001)]
    [InlineData(int.MaxValue)]
    public async Task A_part_needs_a_number_of_the_plan(int number)
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup, attempt) = await OpenAsync(site);
        using var response = await agent.PutPartAsync(backup, attempt, number, new byte[10]);
        await BackupSite.ErrorAsync(response, HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_part_of_an_attempt_that_is_not_open_is_refused(int attempt)
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup, _) = await OpenAsync(site);
        using var response = await agent.PutPartAsync(backup, attempt, 1, new byte[10]);
        Assert.Equal(ErrorIds.AttemptClosed, (await BackupSite.ErrorAsync(response, HttpStatusCode.Conflict)).Id);
    }

    [Fact]
    public async Task A_part_that_breaks_off_leaves_nothing_and_can_be_sent_again()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup, attempt) = await OpenAsync(site);
        var bytes = RandomNumberGenerator.GetBytes(500_000);
        var content = new PausingContent(bytes, 250_000);
        var broken = agent.PutPartAsync(backup, attempt, 1, bytes, content: content);
        await content.Paused;
        content.Break();
        await Assert.ThrowsAnyAsync<Exception>(() => broken);
        Assert.Equal(0, await PartsAsync(site));
        using (var again = await agent.PutPartAsync(backup, attempt, 1, bytes))
            Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
    }

    [Fact]
    public async Task More_parts_at_once_than_the_controller_takes_are_answered_503_with_a_pause()
    {
        await using var site = await BackupSite.StartAsync(settings: new() { ["Backups:MaxPartsInFlight"] = "1" });
        var (agent, backup, attempt) = await OpenAsync(site);
        var bytes = RandomNumberGenerator.GetBytes(PartSize);
        var held = new PausingContent(bytes, 100_000);
        var first = agent.PutPartAsync(backup, attempt, 1, bytes, content: held);
        await TakenAsync(site, 1);
        using (var second = await agent.PutPartAsync(backup, attempt, 2, new byte[10]))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, second.StatusCode);
            Assert.NotNull(second.Headers.RetryAfter);
        }

        held.Resume();
        using (var response = await first)
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        using (var third = await agent.PutPartAsync(backup, attempt, 3, new byte[10]))
            Assert.Equal(HttpStatusCode.NoContent, third.StatusCode);
    }

    [Fact]
    public async Task One_attempt_takes_no_more_places_than_its_agent_was_told()
    {
        await using var site = await BackupSite.StartAsync(settings: new() { ["Backups:ParallelParts"] = "2" });
        var (agent, backup, attempt) = await OpenAsync(site);
        var (other, otherBackup, otherAttempt) = await OpenAsync(site);
        var bytes = RandomNumberGenerator.GetBytes(PartSize);
        List<PausingContent> held = [.. Enumerable.Range(0, 3).Select(_ => new PausingContent(bytes, 100_000))];
        var sending = held.Select((content, i) => agent.PutPartAsync(backup, attempt, i + 1, bytes, content: content)).ToList();
        await TakenAsync(site, 3);
        using (var fourth = await agent.PutPartAsync(backup, attempt, 4, new byte[10]))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, fourth.StatusCode);
            Assert.NotNull(fourth.Headers.RetryAfter);
        }

        using (var theirs = await other.PutPartAsync(otherBackup, otherAttempt, 1, new byte[10]))
            Assert.Equal(HttpStatusCode.NoContent, theirs.StatusCode);
        held.ForEach(content => content.Resume());
        foreach (var part in sending)
        {
            using var response = await part;
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_part_whose_sender_is_held_to_a_low_rate_may_pause_for_longer_than_a_web_server_allows_by_itself()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup, attempt) = await OpenAsync(site);
        var bytes = RandomNumberGenerator.GetBytes(PartSize);
        var slow = new PausingContent(bytes, 100);
        var sending = agent.PutPartAsync(backup, attempt, 1, bytes, content: slow);
        await slow.Paused;
        await Task.Delay(TimeSpan.FromSeconds(8)); // Kestrel's own: 5 seconds, then 240 bytes a second
        slow.Resume();
        using var response = await sending;
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Fact]
    public async Task An_archive_larger_than_the_limit_fails_with_a_reason()
    {
        await using var site = await BackupSite.StartAsync(settings: new() { ["Backups:MaxArchiveSize"] = "8388608" });
        var (agent, backup, attempt) = await OpenAsync(site);
        await agent.PutAllAsync(backup, attempt, new byte[PartSize]);
        using var over = await agent.PutPartAsync(backup, attempt, 2, new byte[1]);
        await BackupSite.ErrorAsync(over, HttpStatusCode.RequestEntityTooLarge);
        var row = (await site.RowAsync(backup))!;
        Assert.Equal((BackupState.Failed, FailureReason.SourceFailed), (row.State, row.Reason));
        Assert.Contains("8388608", row.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Eight_agents_send_in_parallel_without_an_error()
    {
        await using var site = await BackupSite.StartAsync();
        var archive = RandomNumberGenerator.GetBytes(3 * PartSize + 5);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var (agent, backup, attempt) = await OpenAsync(site);
            var answers = await Task.WhenAll(RawAgent.Split(archive).Select(part => agent.PutPartAsync(backup, attempt, part.Number, part.Bytes)));
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
            using var completed = await agent.CompleteAsync(backup, attempt, archive);
            Assert.Equal(HttpStatusCode.NoContent, completed.StatusCode);
        }));
        Assert.Equal(8, await site.Host.CatalogAsync(catalog => catalog.Backups.CountAsync(b => b.State == BackupState.Succeeded)));
    }

    private static async Task<(RawAgent Agent, Guid Backup, int Attempt)> OpenAsync(BackupSite site)
    {
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        return (agent, backup, (await agent.OpenAsync(backup)).Attempt);
    }

    /// <summary>Waits until so many places are taken: that the first bytes of a part are out doesn't say that its place is.</summary>
    private static Task TakenAsync(BackupSite site, int places)
    {
        var parts = site.Host.Services.GetRequiredService<PartsInFlight>();
        return BackupSite.EventuallyAsync(() => Task.FromResult(parts.Count == places), $"{places} places are taken");
    }

    private static Task<int> PartsAsync(BackupSite site) => site.Host.CatalogAsync(catalog => catalog.Parts.CountAsync());
}
