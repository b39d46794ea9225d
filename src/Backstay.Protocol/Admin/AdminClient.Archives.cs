using System.Net;
using System.Net.Http.Headers;

namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    /// <summary><c>HEAD /appliances/{id}/backup/{backupId}</c>: what a download would bring. 410 when the backup failed, 412 while it runs.</summary>
    public async Task<ArchiveInfo> GetArchiveInfoAsync(Guid applianceId, Guid backupId, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Head, ArchivePath(applianceId, backupId), ArchiveForm);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
        return ArchiveInfo.Of(response);
    }

    /// <summary><c>GET /appliances/{id}/backup/{backupId}</c>: the sealed archive, from a byte on.</summary>
    /// <param name="from">The first byte wanted, from 0.</param>
    /// <param name="unchanged">The archive that the bytes before <paramref name="from"/> are of: if it is another one by now, the
    /// answer begins with byte 0 (RFC 9110 section 13.1.5).</param>
    /// <returns>Look at <see cref="ArchiveDownload.From"/>: the bytes begin there.</returns>
    public async Task<ArchiveDownload> OpenArchiveAsync(
        Guid applianceId, Guid backupId, long from, EntityTagHeaderValue? unchanged, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, ArchivePath(applianceId, backupId), ArchiveForm);
        request.Headers.Range = new RangeHeaderValue(from, to: null);
        if (unchanged is not null)
            request.Headers.IfRange = new RangeConditionHeaderValue(unchanged);
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        try
        {
            await ThrowIfRefusedAsync(response, cancellationToken);
            var start = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.From : 0;
            if (start is not long first || (first != from && first != 0))
            {
                var error = new ApiError(NotThisApi, "The server answered a range that was not asked for.");
                throw new AdminApiException(response.StatusCode, error);
            }

            return new ArchiveDownload(first, await response.Content.ReadAsStreamAsync(cancellationToken), response);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private static string ArchivePath(Guid applianceId, Guid backupId) => $"admin/appliances/{applianceId}/backup/{backupId}";
}

/// <summary>What the controller says about an archive before it is downloaded.</summary>
/// <param name="Size">Bytes of the sealed archive.</param>
/// <param name="Sha256">Of the whole archive, 32 bytes (<c>Repr-Digest</c>, RFC 9530); null when the server doesn't say.</param>
/// <param name="FileName">From <c>Content-Disposition</c>, without any folder; null when the server doesn't say.</param>
public sealed record ArchiveInfo(long Size, EntityTagHeaderValue? ETag, byte[]? Sha256, string? FileName)
{
    internal static ArchiveInfo Of(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentLength is not long size)
        {
            var error = new ApiError(AdminClient.NotThisApi, "The server doesn't say how large the archive is.");
            throw new AdminApiException(response.StatusCode, error);
        }

        var disposition = response.Content.Headers.ContentDisposition;
        var name = Path.GetFileName((disposition?.FileNameStar ?? disposition?.FileName)?.Trim('"'));
        return new ArchiveInfo(size, response.Headers.ETag, DigestOf(response), string.IsNullOrEmpty(name) ? null : name);
    }

    /// <summary><c>Repr-Digest: sha-256=:BASE64:</c>, possibly among other algorithms (RFC 9530 section 3).</summary>
    private static byte[]? DigestOf(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Repr-Digest", out var values)
            && !response.Content.Headers.TryGetValues("Repr-Digest", out values))
            return null;
        const string prefix = "sha-256=:";
        foreach (var member in values.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (!member.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) || !member.EndsWith(':') || member.Length <= prefix.Length)
                continue;
            var digest = new byte[32];
            if (Convert.TryFromBase64String(member[prefix.Length..^1], digest, out var written) && written == digest.Length)
                return digest;
        }

        return null;
    }
}

/// <summary>An archive on its way. Dispose it to let go of the connection.</summary>
public sealed class ArchiveDownload : IDisposable
{
    private readonly HttpResponseMessage _response;

    internal ArchiveDownload(long from, Stream content, HttpResponseMessage response)
    {
        From = from;
        Content = content;
        _response = response;
    }

    /// <summary>Where in the archive the content begins.</summary>
    public long From { get; }

    /// <summary>The bytes from <see cref="From"/> to the archive's end.</summary>
    public Stream Content { get; }

    public void Dispose() => _response.Dispose();
}
