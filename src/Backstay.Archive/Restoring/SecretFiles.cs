using System.Text;

namespace Backstay.Archive;

/// <summary>
/// Which content is never shown: of files that are known for their secrets, and of those that hold a key. In other texts
/// the values of what is called a password are masked. Better too much than too little.
/// </summary>
public static class SecretFiles
{
    /// <summary>What stands in the place of a secret content.</summary>
    public const string Masked = "The content is secret and not shown.\n";

    private static readonly GlobPattern[] Known =
    [
        .. new[]
        {
            "/etc/shadow*", "/etc/gshadow*", "/etc/security/opasswd", "/etc/ssl/private/**", "/etc/pki/**/private/**", "/etc/ssh/ssh_host_*_key",
            "/etc/letsencrypt/**/privkey*.pem", "/etc/wireguard/**", "/etc/ipsec.secrets", "/etc/ppp/*-secrets", "/etc/krb5.keytab",
            "/etc/NetworkManager/system-connections/**", "/etc/wpa_supplicant/**", "**/.ssh/id_*", "**/.gnupg/**",
            "*.key", "*.p12", "*.pfx", "*.jks", "*.keytab", "*.kdbx", ".pgpass", ".my.cnf", ".netrc", ".htpasswd", ".git-credentials", "*.env", ".env*",
            "*secret*", "*credential*",
        }.Select(pattern => GlobPattern.Compile(pattern, out string? error) ?? throw new FormatException($"{pattern}: {error}")),
    ];

    /// <summary>Whether a file's content must not be shown.</summary>
    /// <param name="path">On the machine, without the slash in front; bytes as they are.</param>
    /// <param name="content">All of it, or its beginning.</param>
    public static bool IsSecret(ReadOnlySpan<byte> path, ReadOnlySpan<byte> content)
    {
        byte[] absolute = [(byte)'/', .. path];
        foreach (GlobPattern pattern in Known)
        {
            if (pattern.Matches(absolute))
                return true;
        }
        return HasKey(content);
    }

    /// <summary>An armored key of any kind, public ones included: <c>-----BEGIN OpenVPN Static key V1-----</c> is as secret as a private one.</summary>
    private static bool HasKey(ReadOnlySpan<byte> content)
    {
        if (content.IndexOf("PRIVATE KEY"u8) >= 0)
            return true;
        while (content.IndexOf("-----BEGIN "u8) is >= 0 and var begin)
        {
            content = content[(begin + "-----BEGIN "u8.Length)..];
            ReadOnlySpan<byte> label = content.IndexOfAny((byte)'-', (byte)'\n') is >= 0 and var end ? content[..end] : content;
            if (Encoding.Latin1.GetString(label).Contains("KEY", StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }
}
