using System.Text.RegularExpressions;

namespace Backstay.Archive;

/// <summary>
/// Which content is never shown: of files that are known for their secrets, and of those that hold a private key. In other texts
/// the values of what is called a password are masked. Better too much than too little.
/// </summary>
public static partial class SecretFiles
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
        return content.IndexOf("PRIVATE KEY"u8) >= 0;
    }

    /// <summary>Masks values of a text that look like passwords: <c>password = ***</c>, <c>scheme://user:***@host</c>, hashes of crypt(3).</summary>
    public static string Mask(string text)
    {
        try
        {
            return CryptHash().Replace(UrlPassword().Replace(NamedSecret().Replace(text, "$1***"), "$1***@"), "***");
        }
        catch (RegexMatchTimeoutException)
        {
            return Masked; // a text that is made to take long
        }
    }

    [GeneratedRegex(
        """(?im)^((?:[-+ ])?.*?(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|psk|credential)[\w."'-]*\s*(?:[:=]|\s)\s*)\S.*$""",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamedSecret();

    [GeneratedRegex("""(://[^\s:/@]*:)[^\s/@]+@""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UrlPassword();

    [GeneratedRegex("""\$(?:1|2[abxy]?|5|6|7|y|gy|argon2\w*)\$[^\s:"']+""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CryptHash();
}
