using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.S3;

namespace Backstay.Controller.Storage;

/// <summary>
/// The one request that the SDK can't make for us: a part whose bytes are read once, forwards, while they come in. The SDK hashes a body
/// before it sends it; here the digest is known beforehand, is signed (Signature Version 4, payload in a single chunk), and the service
/// refuses any other bytes.
/// </summary>
internal static class S3PartRequest
{
    private const string Unsigned = "UNSIGNED-PAYLOAD";

    /// <param name="target">The object's URL, without a query.</param>
    /// <param name="region">What the signature is made for.</param>
    /// <param name="sha256">Of the body; null to send it unsigned.</param>
    public static HttpRequestMessage Create(
        Uri target, string region, ImmutableCredentials credentials, string uploadId, int number, byte[]? sha256, Stream body, long length, DateTimeOffset now)
    {
        var query = $"partNumber={number.ToString(CultureInfo.InvariantCulture)}&uploadId={Uri.EscapeDataString(uploadId)}";
        var request = new HttpRequestMessage(HttpMethod.Put, new Uri($"{target.AbsoluteUri}?{query}"))
        {
            Content = new StreamContent(body, 128 * 1024) { Headers = { ContentLength = length } },
        };
        var digest = sha256 is null ? Unsigned : Convert.ToHexStringLower(sha256);
        var date = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        request.Headers.ExpectContinue = true; // a refusal comes before the body
        request.Headers.Add("x-amz-content-sha256", digest);
        request.Headers.Add("x-amz-date", date);
        var (headers, names) = ($"host:{target.Authority}\nx-amz-content-sha256:{digest}\nx-amz-date:{date}\n", "host;x-amz-content-sha256;x-amz-date");
        if (credentials.UseToken)
        {
            request.Headers.Add("x-amz-security-token", credentials.Token);
            (headers, names) = ($"{headers}x-amz-security-token:{credentials.Token}\n", $"{names};x-amz-security-token");
        }

        var scope = $"{date[..8]}/{region}/s3/aws4_request";
        var canonical = $"PUT\n{target.AbsolutePath}\n{query}\n{headers}\n{names}\n{digest}";
        var toSign = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = scope.Split('/').Aggregate(Encoding.UTF8.GetBytes("AWS4" + credentials.SecretKey), Hmac);
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            $"AWS4-HMAC-SHA256 Credential={credentials.AccessKey}/{scope}, SignedHeaders={names}, Signature={Convert.ToHexStringLower(Hmac(key, toSign))}");
        return request;
    }

    /// <summary>The ETag of the part.</summary>
    /// <exception cref="AmazonS3Exception">The service didn't take it.</exception>
    public static async Task<string> ReadETagAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode && response.Headers.ETag is { } tag)
            return tag.Tag;

        var (code, message) = ErrorIn(await response.Content.ReadAsStringAsync(cancellationToken));
        throw new AmazonS3Exception(
            message ?? $"It answered {(int)response.StatusCode}.", ErrorType.Unknown, code ?? response.StatusCode.ToString(), "", response.StatusCode);
    }

    /// <summary>Code and message of an S3 error document; nothing where a proxy answered with something else.</summary>
    private static (string? Code, string? Message) ErrorIn(string body)
    {
        try
        {
            var error = XDocument.Parse(body).Root;
            return (error?.Element("Code")?.Value, error?.Element("Message")?.Value);
        }
        catch (System.Xml.XmlException)
        {
            return (null, null);
        }
    }

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
