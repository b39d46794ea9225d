using Microsoft.Extensions.Primitives;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>
/// Reads <c>Content-Digest</c> (RFC 9530, section 2): a dictionary of byte sequences (RFC 8941), of which only <c>sha-256</c> is
/// looked at.
/// </summary>
internal static class ContentDigest
{
    private const int Sha256Length = 32;

    /// <summary>The 32 bytes, or null when there is no readable <c>sha-256</c>.</summary>
    public static byte[]? Sha256Of(StringValues header)
    {
        byte[]? found = null;
        foreach (var line in header)
        {
            foreach (var member in (line ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                var equals = member.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0 && member.AsSpan(0, equals) is "sha-256")
                    found = ReadBytes(member.AsSpan(equals + 1)); // of a key that comes twice, the last counts (RFC 8941, section 4.2.2)
            }
        }

        return found;
    }

    private static byte[]? ReadBytes(ReadOnlySpan<char> item)
    {
        var semicolon = item.IndexOf(';');
        var value = (semicolon < 0 ? item : item[..semicolon]).TrimEnd(' ');
        if (value is not [':', .. var base64, ':'])
            return null;

        Span<byte> bytes = stackalloc byte[Sha256Length];
        return base64.Length <= 64 && Convert.TryFromBase64Chars(base64, bytes, out var written) && written == Sha256Length
            ? bytes.ToArray()
            : null;
    }
}
