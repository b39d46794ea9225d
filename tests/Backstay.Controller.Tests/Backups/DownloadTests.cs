using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Backstay.Controller.Tests.Agents;

namespace Backstay.Controller.Tests.Backups;

public sealed class DownloadTests
{
    [Fact]
    public async Task HEAD_says_everything_about_the_archive_but_its_bytes()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync("Köln \"1\"; rm -rf /\u0001");
        var (backup, archive) = await site.MakeBackupAsync(agent);
        foreach (var range in new[] { null, "bytes=0-9", "bytes=99999-" })
        {
            using var head = await SendAsync(site, agent, backup, HttpMethod.Head, range);
            Assert.Equal(HttpStatusCode.OK, head.StatusCode);
            Assert.Equal(archive.Length, head.Content.Headers.ContentLength);
            Assert.Equal("application/gpg", head.Content.Headers.ContentType?.ToString());
            Assert.Equal("bytes", head.Headers.AcceptRanges.ToString());
            var sha256 = SHA256.HashData(archive);
            Assert.Equal($"\"{Convert.ToHexStringLower(sha256)}\"", head.Headers.ETag?.ToString());
            Assert.Equal($"sha-256=:{Convert.ToBase64String(sha256)}:", head.Headers.GetValues("Repr-Digest").Single());
            Assert.Matches("^attachment; filename=\"backstay-[A-Za-z0-9_-]+-\\d{8}T\\d{6}Z\\.gpg\"$", head.Content.Headers.GetValues("Content-Disposition").Single());
        }
    }

    [Theory]
    [InlineData("bytes=0-", 0, 9_999)]
    [InlineData("bytes=100-199", 100, 199)]
    [InlineData("bytes=-500", 9_500, 9_999)]
    [InlineData("bytes=9999-", 9_999, 9_999)]
    [InlineData("bytes=0-99999", 0, 9_999)]
    [InlineData("bytes=0-99,50-149", 0, 149)]
    public async Task A_satisfiable_range_is_always_206(string range, int first, int last)
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);
        using var response = await SendAsync(site, agent, backup, HttpMethod.Get, range);
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal(new ContentRangeHeaderValue(first, last, archive.Length), response.Content.Headers.ContentRange);
        Assert.Equal(last - first + 1, response.Content.Headers.ContentLength);
        Assert.Equal(archive[first..(last + 1)], await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Several_ranges_come_as_multipart_byteranges_and_never_as_the_whole()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);
        using var response = await SendAsync(site, agent, backup, HttpMethod.Get, "bytes=0-9,5000-5099,-1");
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal("multipart/byteranges", response.Content.Headers.ContentType?.MediaType);
        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        var text = Encoding.Latin1.GetString(body);
        var boundary = response.Content.Headers.ContentType!.Parameters.Single(p => p.Name == "boundary").Value;
        var parts = text.Split($"\r\n--{boundary}")[1..];
        Assert.Equal("--\r\n", parts[^1]);
        foreach (var (part, first, last) in new[] { (parts[0], 0, 9), (parts[1], 5000, 5099), (parts[2], 9999, 9999) })
        {
            Assert.Contains($"\r\nContent-Range: bytes {first}-{last}/{archive.Length}\r\n", part, StringComparison.Ordinal);
            var content = part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
            Assert.Equal(archive[first..(last + 1)], Encoding.Latin1.GetBytes(content));
        }
    }

    [Fact]
    public async Task An_unknown_range_unit_is_ignored()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);
        using var response = await SendAsync(site, agent, backup, HttpMethod.Get, "lines=1-2");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(archive, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task If_Range_lets_the_range_through_only_for_the_same_archive_by_strong_comparison()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(archive))}\"";
        Assert.Equal(HttpStatusCode.PartialContent, await StatusAsync(tag));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("W/" + tag));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("\"another\""));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("Wed, 21 Oct 2015 07:28:00 GMT"));

        async Task<HttpStatusCode> StatusAsync(string condition)
        {
            using var response = await SendAsync(
                site, agent, backup, HttpMethod.Get, "bytes=10-", headers => headers.TryAddWithoutValidation("If-Range", condition));
            return response.StatusCode;
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task If_None_Match_answers_304_to_who_has_the_archive(string method)
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(archive))}\"";
        foreach (var (condition, expected) in new[]
        {
            (tag, HttpStatusCode.NotModified), ($"\"x\", W/{tag}", HttpStatusCode.NotModified), ("*", HttpStatusCode.NotModified), ("\"x\"", HttpStatusCode.OK),
        })
        {
            using var response = await SendAsync(
                site, agent, backup, new HttpMethod(method), null, headers => headers.TryAddWithoutValidation("If-None-Match", condition));
            Assert.Equal(expected, response.StatusCode);
            Assert.Equal(tag, response.Headers.ETag?.ToString());
        }
    }

    [Fact]
    public async Task A_download_that_is_resumed_at_every_turn_gives_the_same_bytes()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent, 300_000);
        var got = new MemoryStream();
        while (got.Length < archive.Length)
        {
            using var response = await SendAsync(site, agent, backup, HttpMethod.Get, $"bytes={got.Length}-");
            Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
            var bytes = await response.Content.ReadAsByteArrayAsync();
            got.Write(bytes.AsSpan(0, Math.Min(bytes.Length, 70_001)));
        }

        Assert.Equal(archive, got.ToArray());
    }

    private static Task<HttpResponseMessage> SendAsync(
        BackupSite site, RawAgent agent, Guid backup, HttpMethod method, string? range, Action<HttpRequestHeaders>? more = null) =>
        site.SendAsync(method, BackupSite.Path(agent, backup), headers: headers =>
        {
            if (range is not null)
                headers.TryAddWithoutValidation("Range", range);
            more?.Invoke(headers);
        });
}
