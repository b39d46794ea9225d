using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Backstay.Cli.Tests.Running;

/// <summary>The archive of a <see cref="Peer"/>, and what goes wrong with it.</summary>
internal sealed class PeerArchive
{
    public byte[] Content { get; set; } = Bytes(1_000_000, seed: 1);

    /// <summary>What is told instead of the right digest.</summary>
    public byte[]? Digest { get; set; }

    public bool WithoutDigest { get; set; }

    public string FileName { get; set; } = "gw-01.gpg";

    /// <summary>Each GET takes one and is cut after so many bytes.</summary>
    public Queue<int> Cuts { get; } = new();

    /// <summary>Set to begin anew: the archive that the client has a piece of is gone.</summary>
    public string ETag { get; set; } = "\"one\"";

    public static byte[] Bytes(int count, byte seed)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
            bytes[i] = (byte)((i * 31) + (i >> 8) + seed);
        return bytes;
    }

    public async Task AnswerAsync(HttpContext http)
    {
        var response = http.Response;
        response.ContentType = "application/gpg";
        response.Headers.ETag = ETag;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.ContentDisposition = $"attachment; filename=\"{FileName}\"";
        if (!WithoutDigest)
            response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(Digest ?? SHA256.HashData(Content))}:";
        if (HttpMethods.IsHead(http.Request.Method))
        {
            response.ContentLength = Content.Length;
            return;
        }

        var range = http.Request.GetTypedHeaders().Range?.Ranges.Single().From;
        var isSame = http.Request.Headers.IfRange.Count == 0 || http.Request.Headers.IfRange == ETag;
        var from = range is long first && isSame ? (int)first : 0;
        if (range is not null && isSame)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.GetTypedHeaders().ContentRange = new ContentRangeHeaderValue(from, Content.Length - 1, Content.Length);
        }

        response.ContentLength = Content.Length - from;
        var isCut = Cuts.TryDequeue(out var cut);
        await response.Body.WriteAsync(Content.AsMemory(from, isCut ? Math.Min(cut, Content.Length - from) : Content.Length - from));
        await response.Body.FlushAsync();
        if (isCut)
            http.Abort();
    }
}
