using System.Net;
using System.Text;
using Backstay.Controller.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Backups.Uploads;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Agents;

/// <summary>One appliance gets its share of a controller, and no more.</summary>
public sealed class AgentLimitsTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = new AgentOptions();
        Assert.Equal((200, null, 20), (options.RequestsPerSecond, options.PartBytesPerSecond, options.ParallelRequests));
    }

    [Fact]
    public async Task Requests_beyond_the_rate_are_told_when_to_come_back_and_others_are_served()
    {
        await using var site = await BackupSite.StartAsync(_time, new() { ["Agents:RequestsPerSecond"] = "5" });
        var (greedy, other) = (await site.AddApplianceAsync(), await site.AddApplianceAsync());
        var taken = 0;
        HttpResponseMessage answer;
        while ((answer = await greedy.TryOpenAsync(Guid.NewGuid())).StatusCode == HttpStatusCode.NotFound)
            taken++;

        Assert.Equal(11, taken); // two seconds' worth, and the one that begins the next
        Assert.Equal(ErrorIds.TooManyRequests, (await BackupSite.ErrorAsync(answer, HttpStatusCode.TooManyRequests)).Id);
        var wait = answer.Headers.RetryAfter!.Delta!.Value;
        Assert.Equal(TimeSpan.FromSeconds(1), wait);
        using (var served = await other.TryOpenAsync(Guid.NewGuid()))
            Assert.Equal(HttpStatusCode.NotFound, served.StatusCode);

        _time.Advance(wait);
        using var again = await greedy.TryOpenAsync(Guid.NewGuid());
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    [Fact]
    public async Task Parts_beyond_the_rate_wait_for_those_before_them_and_the_backup_succeeds()
    {
        await using var site = await BackupSite.StartAsync(_time, new() { ["Agents:PartBytesPerSecond"] = "1048576" });
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        var archive = new byte[PartPlan.Default.SizeOf(1) + 100];
        var parts = RawAgent.Split(archive);
        using (var first = await agent.PutPartAsync(backup, 1, 1, parts[0].Bytes))
            Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        using (var second = await agent.PutPartAsync(backup, 1, 2, parts[1].Bytes))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(6), second.Headers.RetryAfter!.Delta); // 8 MiB, of which 2 may be in a row
        }

        // A part that is there already costs nothing.
        using (var same = await agent.PutPartAsync(backup, 1, 1, parts[0].Bytes))
            Assert.Equal(HttpStatusCode.NoContent, same.StatusCode);
        _time.Advance(TimeSpan.FromSeconds(6));
        using (var late = await agent.PutPartAsync(backup, 1, 2, parts[1].Bytes))
            Assert.Equal(HttpStatusCode.NoContent, late.StatusCode);
        using var completed = await agent.CompleteAsync(backup, 1, archive);
        Assert.Equal(HttpStatusCode.NoContent, completed.StatusCode);
    }

    [Fact]
    public async Task An_appliance_that_holds_requests_open_does_not_take_the_places_of_others()
    {
        await using var site = await BackupSite.StartAsync(settings: new() { ["Agents:ParallelRequests"] = "8", ["Backups:MaxPartsInFlight"] = "10" });
        var (greedy, other) = (await site.AddOnlineAsync(), await site.AddOnlineAsync());
        var backup = await site.StartBackupAsync(greedy);
        await greedy.OpenAsync(backup);
        var bytes = new byte[PartPlan.Default.SizeOf(1)];

        // As many parts as it may have, and renewals that are long enough for a web server to wait for their end.
        var renewal = Encoding.UTF8.GetBytes(new string(' ', 300_000) + """{"phase":"collecting","files":1,"bytes":1}""");
        var parts = Enumerable.Range(0, 5).Select(_ => new PausingContent(bytes, 1000)).ToList();
        var renewals = Enumerable.Range(0, 3).Select(_ => new PausingContent(renewal, 200_000) { Headers = { ContentType = new("application/json") } }).ToList();
        List<PausingContent> pauses = [.. parts, .. renewals];
        List<Task<HttpResponseMessage>> open =
        [
            .. parts.Select((pause, i) => greedy.PutPartAsync(backup, 1, i + 1, bytes, content: pause)),
            .. renewals.Select(pause => greedy.Http.PostAsync($"/agent/v1/backups/{backup}/session/1/lease", pause)),
        ];
        foreach (var pause in pauses)
            await pause.Paused;

        await BackupSite.EventuallyAsync(
            async () =>
            {
                using var next = await greedy.RenewAsync(backup, 1);
                return next.StatusCode == HttpStatusCode.TooManyRequests;
            },
            "what was sent has all arrived, and the ninth request is refused");
        await site.MakeBackupAsync(other);

        foreach (var pause in pauses)
            pause.Resume();
        Assert.All(await Task.WhenAll(open), answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
    }

    [Fact]
    public void Appliances_that_were_here_long_ago_are_forgotten_without_being_let_off()
    {
        var limits = new AgentLimits(Options.Create(new AgentOptions { RequestsPerSecond = 1 }), _time);
        var greedy = Guid.NewGuid();
        while (limits.Begin(greedy) is null)
            limits.End(greedy);
        for (var i = 0; i < 5000; i++)
        {
            var passing = Guid.NewGuid();
            Assert.Null(limits.Begin(passing));
            limits.End(passing);
        }

        Assert.NotNull(limits.Begin(greedy));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(limits.Begin(greedy));
    }
}
