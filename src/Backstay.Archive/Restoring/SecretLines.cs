using System.Text.RegularExpressions;

namespace Backstay.Archive;

/// <summary>
/// Masks what looks like a secret in a text: the value behind the name of one, with all the lines it goes on for, passwords in addresses, hashes. It goes by
/// the whole text, as the line that names a secret may be far from the line that has it. Better too much than too little.
/// </summary>
internal static partial class SecretLines
{
    private const string Mask = "***";
    private const int Timeout = 1000;

    /// <summary>As many lines as were given, each as it may be shown.</summary>
    /// <exception cref="RegexMatchTimeoutException">A text that is made to take long.</exception>
    public static string[] Of(IReadOnlyList<string> lines)
    {
        var shown = new string[lines.Count];
        Value? open = null;
        bool valueFollows = false;
        for (int i = 0; i < lines.Count; i++)
        {
            string line = lines[i];
            if (open is not null && open.GoesOn(line))
            {
                shown[i] = Value.IsPunctuation(line) ? line : $"{line[..Value.IndentOf(line)]}{Mask}";
                continue;
            }
            Match secret = Named().Match(line) is { Success: true } named ? named : valueFollows ? NextValue().Match(line) : Match.Empty;
            valueFollows = SecretAsName().IsMatch(line) || (valueFollows && line.AsSpan().Trim().IsEmpty);
            open = secret.Success ? new Value(line, secret.Groups["value"].Value) : null;
            shown[i] = secret is { Success: true, Groups: var groups } && groups["value"].Length > 0
                ? $"{InLine(groups["shown"].Value)}{Mask}"
                : InLine(line);
        }
        return shown;
    }

    /// <summary>What is a secret by its form, wherever it stands.</summary>
    private static string InLine(string line)
        => CryptHash().Replace(UserPassword().Replace(Credentials().Replace(UrlPassword().Replace(line, "$1***@"), "$1***"), "$1***"), Mask);

    /// <summary>The value that a line begins, and for how long it goes on.</summary>
    private sealed class Value
    {
        private readonly int _indent;
        private readonly bool _isEmpty;
        private string? _end;
        private readonly bool _endIsWhole;
        private bool _continues;
        private int _depth;

        public Value(string line, string value)
        {
            value = value.Trim();
            _indent = IndentOf(line);
            _isEmpty = value.Length == 0;
            if (HereDocument().Match(value) is { Success: true } here)
                (_end, _endIsWhole) = (here.Groups[1].Value, true);
            else if (line.TrimEnd() is var whole && XmlValue().IsMatch(whole) && !whole.Contains("</", StringComparison.Ordinal) && !whole.EndsWith("/>", StringComparison.Ordinal))
                _end = "</";
            else if (Quotes.FirstOrDefault(quote => value.StartsWith(quote, StringComparison.Ordinal)) is { } quote && value.Split(quote).Length == 2)
                _end = quote;
            Follow(value);
        }

        private static readonly string[] Quotes = ["\"\"\"", "'''", "\"", "'"];

        /// <summary>Whether a line is still part of it.</summary>
        public bool GoesOn(string line)
        {
            string text = line.Trim();
            if (_end is not null)
            {
                if (_endIsWhole ? text == _end : text.Contains(_end, StringComparison.Ordinal))
                    _end = null;
                return true;
            }
            bool goesOn = text.Length == 0 || _continues || _depth > 0 || IndentOf(line) > _indent
                || (_isEmpty && IndentOf(line) == _indent && text.StartsWith("- ", StringComparison.Ordinal));
            if (goesOn && text.Length > 0)
                Follow(text);
            return goesOn;
        }

        public static int IndentOf(string line) => line.Length - line.AsSpan().TrimStart().Length;

        /// <summary>A line that has no more than brackets and the like shows nothing.</summary>
        public static bool IsPunctuation(string line) => !line.Any(char.IsLetterOrDigit);

        private void Follow(string text)
        {
            _continues = text.EndsWith('\\');
            // A bracket inside of a password is none; one at a line's end opens a list.
            if (_depth > 0 || text.EndsWith('[') || text.EndsWith('{') || text.EndsWith('(') || text.EndsWith(','))
                _depth = Math.Max(0, _depth + text.Count(c => c is '[' or '{' or '(') - text.Count(c => c is ']' or '}' or ')'));
        }
    }

    // Names that mean a secret whatever follows them; names that do with a sign between them and the value, being words of other things as well; and
    // names of which the end counts. A value that can only be a choice is shown: PasswordAuthentication no.
    [GeneratedRegex(
        """
        ^(?<shown>.*?(?:
            (?:passw(?:or)?d|passphrase|passcode|secret|token|credential|api[_-]?key|private[_-]?key|(?:pre)?[_-]?shared[_-]?key|encryption[_-]?key
                |psk|requirepass|masterauth|community|com2sec|createuser)[\w.\]"'-]*\s*(?:[:=>,]|\s)
            |(?:\w*pw|(?<!\b(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_)(?<=\w)pass|(?<!certificate)[_-]key)["']?\s*(?:[:=>,]|\s)
            |(?:pass|pwd|auth|authorization|keys?|sharedaccesssignature)["'\]]*\s*[:=>,]
        )\s*)
        (?!\s|["']?(?:yes|no|true|false|on|off|null|none)["']?\s*[;,}]*\s*$)(?<value>\S.*)?$
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace, Timeout)]
    private static partial Regex Named();

    /// <summary>The name of a secret as a value itself, whose value stands beside it: <c>- name: DB_PASSWORD</c>.</summary>
    [GeneratedRegex(
        """\b(?:name|key|id)\b.*(?:passw(?:or)?d|pass|pwd|passphrase|secret|token|credential|key|auth)[\w.-]*["',]*\s*(?:</\w+>)?\s*$""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Timeout)]
    private static partial Regex SecretAsName();

    [GeneratedRegex("""^(?<shown>\s*(?:-\s*)?["'<]?value["']?\s*[:=>]\s*)(?<value>\S.*)?$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Timeout)]
    private static partial Regex NextValue();

    /// <summary>A line of which the value is the text of an element, or its beginning.</summary>
    [GeneratedRegex("""^\s*<[\w:.-]+(?:\s[^>]*)?>[^<]*$""", RegexOptions.CultureInvariant, Timeout)]
    private static partial Regex XmlValue();

    [GeneratedRegex("""<<[-~]?\s*["']?(\w+)["']?$""", RegexOptions.CultureInvariant, Timeout)]
    private static partial Regex HereDocument();

    // To the last @ of the word: a password may have some, and slashes.
    [GeneratedRegex("""(://[^\s:/@]*:)\S+@""", RegexOptions.CultureInvariant, Timeout)]
    private static partial Regex UrlPassword();

    /// <summary>RFC 7617 and RFC 6750, also far from the header's name.</summary>
    [GeneratedRegex("""\b(bearer\s+|basic\s+(?=[\w+/]{8}))\S+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Timeout)]
    private static partial Regex Credentials();

    [GeneratedRegex("""((?:^|\s)(?:-u|--user|--proxy-user)[\s=]+[^\s:]+:)\S+""", RegexOptions.CultureInvariant, Timeout)]
    private static partial Regex UserPassword();

    [GeneratedRegex("""\$(?:1|2[abxy]?|5|6|7|y|gy|argon2\w*)\$[^\s:"']+""", RegexOptions.CultureInvariant, Timeout)]
    private static partial Regex CryptHash();
}
