using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Backstay.Protocol.Admin;
using Xunit;

namespace Backstay.Protocol.Tests.Admin;

public sealed class AdminClientTests
{
    private static readonly Guid Appliance = new("11111111-1111-4111-8111-111111111111");
    private static readonly Guid Backup = new("22222222-2222-4222-8222-222222222222");

    [Fact]
    public async Task A_call_carries_the_peer_version_the_token_and_an_escaped_query()
    {
        var (client, requests) = Client(Json("""{"data":[],"range":"0-0/0","orderBy":"name","descending":true,"queries":[],"totalCount":0,"filterBy":[]}"""), token: "t");

        await client.ListAppliancesAsync(
            new ListRequest("a b&c", ListRequest.First(10), "name", Descending: true, ["x=1", "y"]), TestContext.Current.CancellationToken);

        var request = Assert.Single(requests);
        Assert.Equal(
            "https://controller:8443/admin/appliances?query=a%20b%26c&range=0-9&orderBy=name&descending=true&filterBy=x%3D1&filterBy=y",
            request.RequestUri!.AbsoluteUri);
        Assert.Equal("application/vnd.appgate.peer-v23+json", request.Headers.Accept.ToString());
        Assert.Equal("Bearer t", request.Headers.Authorization!.ToString());
    }

    [Fact]
    public async Task A_refusal_brings_status_body_and_pause()
    {
        var answer = Json("""{"id":"backup-api-disabled","message":"Off."}""", HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(7));
        var (client, _) = Client(answer);

        var refusal = await Assert.ThrowsAsync<AdminApiException>(() =>
            client.StartBackupAsync(Appliance, new BackupRequest(), TestContext.Current.CancellationToken));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refusal.Status);
        Assert.Equal(new ApiError("backup-api-disabled", "Off."), refusal.Error);
        Assert.Equal(TimeSpan.FromSeconds(7), refusal.RetryAfter);
    }

    [Theory]
    [InlineData("<html>Bad gateway</html>", "text/html", HttpStatusCode.BadGateway)]
    [InlineData("{broken", "application/json", HttpStatusCode.InternalServerError)]
    [InlineData("{}", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("<html>Welcome</html>", "text/html", HttpStatusCode.OK)]
    [InlineData("null", "application/json", HttpStatusCode.OK)]
    public async Task What_is_no_answer_of_this_api_is_told_as_that(string body, string type, HttpStatusCode status)
    {
        var (client, _) = Client(new HttpResponseMessage(status) { Content = new StringContent(body, new MediaTypeHeaderValue(type)) });

        var refusal = await Assert.ThrowsAsync<AdminApiException>(() => client.GetSettingsAsync(TestContext.Current.CancellationToken));

        Assert.Equal(status, refusal.Status);
        Assert.Equal(AdminClient.NotThisApi, refusal.Error.Id);
    }

    [Theory]
    [InlineData("sha-256=:{0}:", true)]
    [InlineData("sha-512=:AAAA:, sha-256=:{0}:", true)]
    [InlineData("sha-256=:AAAA:", false)]
    [InlineData("sha-256={0}", false)]
    [InlineData("md5=:{0}:", false)]
    public async Task The_digest_of_an_archive_is_read_from_its_structured_field(string header, bool isRead)
    {
        var digest = SHA256.HashData("archive"u8);
        var answer = Archive(HttpStatusCode.OK, "");
        answer.Content.Headers.ContentLength = 1234;
        answer.Content.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = "\"../gw-01.gpg\"" };
        answer.Headers.Add("Repr-Digest", header.Replace("{0}", Convert.ToBase64String(digest), StringComparison.Ordinal));
        var (client, requests) = Client(answer);

        var info = await client.GetArchiveInfoAsync(Appliance, Backup, TestContext.Current.CancellationToken);

        Assert.Equal(isRead ? digest : null, info.Sha256);
        Assert.Equal(1234, info.Size);
        Assert.Equal("gw-01.gpg", info.FileName);
        Assert.Equal("application/vnd.appgate.peer-v23+gpg", Assert.Single(requests).Headers.Accept.ToString());
    }

    [Fact]
    public async Task A_resumed_download_asks_for_the_rest_of_the_same_archive()
    {
        var answer = Archive(HttpStatusCode.PartialContent, "rest");
        answer.Content.Headers.ContentRange = new ContentRangeHeaderValue(5, 8, 9);
        var (client, requests) = Client(answer);

        using var download = await client.OpenArchiveAsync(
            Appliance, Backup, from: 5, new EntityTagHeaderValue("\"e\""), TestContext.Current.CancellationToken);

        Assert.Equal(5, download.From);
        Assert.Equal("bytes=5-", requests[0].Headers.Range!.ToString());
        Assert.Equal("\"e\"", requests[0].Headers.IfRange!.ToString());
    }

    [Fact]
    public async Task A_download_that_begins_anew_says_so()
    {
        var (client, _) = Client(Archive(HttpStatusCode.OK, "all of it"));

        using var download = await client.OpenArchiveAsync(Appliance, Backup, from: 5, null, TestContext.Current.CancellationToken);

        Assert.Equal(0, download.From);
    }

    [Fact]
    public async Task A_range_that_was_not_asked_for_is_refused()
    {
        var answer = Archive(HttpStatusCode.PartialContent, "rest");
        answer.Content.Headers.ContentRange = new ContentRangeHeaderValue(4, 8, 9);
        var (client, _) = Client(answer);

        await Assert.ThrowsAsync<AdminApiException>(() =>
            client.OpenArchiveAsync(Appliance, Backup, from: 5, null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_newest_backups_come_page_by_page_only_as_far_as_one_looks()
    {
        var page = $$"""
            {"data":[{{string.Join(',', Enumerable.Repeat($$"""{"id":"{{Backup}}"}""", 50))}}],
             "range":"0-49/60","orderBy":"created","descending":true,"queries":[],"totalCount":60,"filterBy":[]}
            """;
        var last = page.Replace(string.Concat(Enumerable.Repeat($$""",{"id":"{{Backup}}"}""", 40)), "", StringComparison.Ordinal);

        var (all, allRequests) = Client([Json(page), Json(last)]);
        Assert.Equal(60, await all.NewestBackupsAsync(Appliance, TestContext.Current.CancellationToken).CountAsync());
        Assert.Equal(["range=0-49", "range=50-99"], allRequests.Select(request => request.RequestUri!.Query.TrimStart('?').Split('&')[0]));

        var (first, firstRequests) = Client(Json(page));
        await first.NewestBackupsAsync(Appliance, TestContext.Current.CancellationToken).FirstAsync();
        Assert.Single(firstRequests);
    }

    [Fact]
    public void A_client_without_an_address_is_a_mistake()
    {
        using var http = new HttpClient(new Answers([]));
        Assert.Throws<ArgumentException>(() => new AdminClient(http));
    }

    private static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(body, new MediaTypeHeaderValue("application/json")) };

    private static HttpResponseMessage Archive(HttpStatusCode status, string body) =>
        new(status) { Content = new StringContent(body, new MediaTypeHeaderValue("application/gpg")) };

    private static (AdminClient Client, List<HttpRequestMessage> Requests) Client(HttpResponseMessage answer, string? token = null) =>
        Client([answer], token);

    private static (AdminClient Client, List<HttpRequestMessage> Requests) Client(HttpResponseMessage[] answers, string? token = null)
    {
        var handler = new Answers(answers);
        var http = new HttpClient(handler) { BaseAddress = new Uri("https://controller:8443/") };
        return (new AdminClient(http, token), handler.Requests);
    }

    private sealed class Answers(HttpResponseMessage[] answers) : HttpMessageHandler
    {
        public List<HttpRequestMessage> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(request);
            return Task.FromResult(answers[Requests.Count - 1]);
        }
    }
}
