using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Notifications;

/// <summary>
/// Symmetric signatures of Standard Webhooks 1.0
/// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
/// </summary>
internal static class WebhookSignature
{
    private const string SecretPrefix = "whsec_";

    /// <summary>A secret as receivers take it: <c>whsec_</c> and the base64 of 256 random bits.</summary>
    public static string NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The value of <c>webhook-signature</c>: one signature, or two, space-separated, while an old secret is still good.</summary>
    public static string Header(WebhookSecret secret, string id, DateTimeOffset timestamp, string body)
    {
        var signature = Sign(secret.Secret, id, timestamp, body);
        return secret.Previous is null ? signature : $"{signature} {Sign(secret.Previous, id, timestamp, body)}";
    }

    private static string Sign(string secret, string id, DateTimeOffset timestamp, string body)
    {
        var key = Convert.FromBase64String(secret[SecretPrefix.Length..]);
        var signed = string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp.ToUnixTimeSeconds()}.{body}");
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)));
    }
}
