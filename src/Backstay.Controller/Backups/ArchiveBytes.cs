using System.Buffers;
using System.Globalization;
using System.Text;
using Backstay.Controller.Storage;
using Microsoft.Net.Http.Headers;

namespace Backstay.Controller.Backups;

/// <summary>
/// The bytes of an archive as an answer: 200 with all of them, 206 with one range, or 206 <c>multipart/byteranges</c> with several
/// (RFC 9110, sections 14.6 and 15.3.7). Streams with one buffer, whatever the size.
/// </summary>
/// <param name="ranges">At least one, each within the size; null for everything.</param>
internal sealed class ArchiveBytes(IArchiveStore store, ArchiveKey key, long size, IReadOnlyList<ByteRange>? ranges) : IResult
{
    public const string MediaType = "application/gpg";

    /// <summary>Of several ranges.</summary>
    public const string RangesMediaType = "multipart/byteranges";

    private const int BufferSize = 128 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, cancellationToken) = (httpContext.Response, httpContext.RequestAborted);
        response.ContentType = MediaType;
        switch (ranges)
        {
            case null:
                response.ContentLength = size;
                await CopyAsync(response, new ByteRange(0, size - 1), cancellationToken);
                break;
            case [var range]:
                response.StatusCode = StatusCodes.Status206PartialContent;
                response.ContentLength = range.Length;
                response.GetTypedHeaders().ContentRange = new ContentRangeHeaderValue(range.First, range.Last, size);
                await CopyAsync(response, range, cancellationToken);
                break;
            default:
                await CopyMultipartAsync(response, ranges, cancellationToken);
                break;
        }
    }

    private async Task CopyMultipartAsync(HttpResponse response, IReadOnlyList<ByteRange> several, CancellationToken cancellationToken)
    {
        var boundary = Guid.NewGuid().ToString("N");
        var heads = several.Select(range => Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"\r\n--{boundary}\r\nContent-Type: {MediaType}\r\nContent-Range: bytes {range.First}-{range.Last}/{size}\r\n\r\n"))).ToList();
        var end = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");

        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentType = $"{RangesMediaType}; boundary={boundary}";
        response.ContentLength = several.Sum(range => range.Length) + heads.Sum(head => head.Length) + end.Length;
        for (var i = 0; i < several.Count; i++)
        {
            await response.Body.WriteAsync(heads[i], cancellationToken);
            await CopyAsync(response, several[i], cancellationToken);
        }

        await response.Body.WriteAsync(end, cancellationToken);
    }

    private async Task CopyAsync(HttpResponse response, ByteRange range, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenReadAsync(key, range.First, range.Length, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
                await response.Body.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
