using System.Net;
using System.Text.Json;

namespace Backstay.Controller.Tests.Backups;

/// <summary>What differs between the peer versions 17 to 23, for every one of them.</summary>
public sealed class VersionDifferenceTests
{
    public static TheoryData<int> Versions => [17, 18, 19, 20, 21, 22, 23];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task POST_and_DELETE_answer_200_and_204_up_to_19_and_202_from_20_on(int version)
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var accept = $"application/vnd.appgate.peer-v{version}+json";
        using var started = await site.SendAsync(HttpMethod.Post, $"/admin/appliances/{agent.ApplianceId}/backup", accept, new { });
        Assert.Equal(version < 20 ? HttpStatusCode.OK : HttpStatusCode.Accepted, started.StatusCode);
        Assert.Equal("application/json", started.Content.Headers.ContentType?.MediaType);
        var id = JsonDocument.Parse(await started.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetGuid();
        Assert.Equal($"{BackupSite.Path(agent, id)}/status", started.Headers.Location?.OriginalString);

        using var cancelled = await site.SendAsync(HttpMethod.Delete, BackupSite.Path(agent, id), $"application/vnd.appgate.peer-v{version}+gpg");
        Assert.Equal(version < 20 ? HttpStatusCode.NoContent : HttpStatusCode.Accepted, cancelled.StatusCode);
        using var deleted = await site.SendAsync(HttpMethod.Delete, BackupSite.Path(agent, id), accept);
        Assert.Equal(version < 20 ? HttpStatusCode.NoContent : HttpStatusCode.Accepted, deleted.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_status_has_a_message_from_18_on(int version)
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        using var response = await site.SendAsync(HttpMethod.Get, $"{BackupSite.Path(agent, backup)}/status", $"application/vnd.appgate.peer-v{version}+json");
        var status = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("processing", status.GetProperty("status").GetString());
        Assert.Equal(version >= 18, status.TryGetProperty("message", out _));
        Assert.False(status.TryGetProperty("result", out _));
        Assert.False(status.TryGetProperty("output", out _));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("*/*")]
    [InlineData("application/json")]
    public async Task Without_a_version_the_newest_is_spoken(string? accept)
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        using var started = await site.SendAsync(HttpMethod.Post, $"/admin/appliances/{agent.ApplianceId}/backup", accept, new { });
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
    }

    [Theory]
    [InlineData("application/vnd.appgate.peer-v17+gpg")]
    [InlineData("application/vnd.appgate.peer-v23+gpg")]
    [InlineData("application/gpg")]
    [InlineData("application/pgp-encrypted")]
    [InlineData("application/octet-stream")]
    [InlineData("*/*")]
    public async Task An_archive_is_sent_for_every_Accept_that_asks_for_one(string accept)
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);
        using var response = await site.SendAsync(HttpMethod.Get, BackupSite.Path(agent, backup), accept);
        Assert.Equal(archive, await response.Content.ReadAsByteArrayAsync());
    }
}
