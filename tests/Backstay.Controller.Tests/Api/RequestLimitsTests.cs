using System.Net;
using Backstay.Controller.Api;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Api;

/// <summary>A controller that has enough to do says so, and when to come back.</summary>
public sealed class RequestLimitsTests
{
    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = new LimitOptions();
        Assert.Equal((128, 256, 10_000), (options.Downloads, options.Calls, options.WaitingCalls));
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
    public async Task A_caller_without_a_token_can_not_make_the_controller_hold_a_large_body()
    {
        await using var host = await ControllerHost.StartAsync();
        using var refused = await host.Http.PostAsync("/admin/login", new ByteArrayContent(new byte[RequestBody.MaxAnonymousBytes + 1]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
    }
}
