namespace Backstay.Archive;

/// <summary>A pattern for one component of a path.</summary>
internal sealed class GlobComponent
{
    private enum Kind : byte
    {
        Literal,
        AnyCharacter,
        AnyRun,
        Set,
    }

    private readonly record struct Token(Kind Kind, byte Literal, UInt128 Set, bool Negated);

    private readonly Token[] _tokens;

    private GlobComponent(Token[] tokens) => _tokens = tokens;

    public static GlobComponent? Compile(ReadOnlySpan<byte> pattern, out string? error)
    {
        var tokens = new List<Token>();
        error = null;
        for (int at = 0; at < pattern.Length; at++)
        {
            switch (pattern[at])
            {
                case (byte)'*':
                    tokens.Add(new Token(Kind.AnyRun, 0, 0, false));
                    break;
                case (byte)'?':
                    tokens.Add(new Token(Kind.AnyCharacter, 0, 0, false));
                    break;
                case (byte)'[':
                    at = ParseSet(pattern, at, tokens, out error);
                    break;
                case (byte)'\\' when at + 1 == pattern.Length:
                    error = "a component ends with a lone backslash";
                    break;
                case (byte)'\\':
                    tokens.Add(new Token(Kind.Literal, pattern[++at], 0, false));
                    break;
                default:
                    tokens.Add(new Token(Kind.Literal, pattern[at], 0, false));
                    break;
            }
            if (error is not null)
                return null;
        }
        return new GlobComponent([.. tokens]);
    }

    public bool Matches(ReadOnlySpan<byte> name)
    {
        int at = 0, token = 0, starToken = -1, starAt = 0;
        while (at < name.Length)
        {
            int used = token < _tokens.Length ? Consume(_tokens[token], name[at..]) : 0;
            if (token < _tokens.Length && _tokens[token].Kind == Kind.AnyRun)
            {
                starToken = token++;
                starAt = at;
            }
            else if (used > 0)
            {
                token++;
                at += used;
            }
            else if (starToken >= 0)
            {
                at = ++starAt;
                token = starToken + 1;
            }
            else
            {
                return false;
            }
        }
        while (token < _tokens.Length && _tokens[token].Kind == Kind.AnyRun)
            token++;
        return token == _tokens.Length;
    }

    /// <summary>How many bytes a token takes from the front; 0 if it doesn't match.</summary>
    private static int Consume(in Token token, ReadOnlySpan<byte> name) => token.Kind switch
    {
        Kind.Literal => name[0] == token.Literal ? 1 : 0,
        Kind.AnyCharacter => CharacterLength(name),
        Kind.Set when name[0] >= 128 => token.Negated ? CharacterLength(name) : 0,
        Kind.Set => ((token.Set >> name[0]) & 1) != 0 != token.Negated ? 1 : 0,
        _ => 0,
    };

    /// <summary>Length of the UTF-8 character at the front; 1 for a byte that isn't part of one.</summary>
    private static int CharacterLength(ReadOnlySpan<byte> name)
        => System.Text.Rune.DecodeFromUtf8(name, out _, out int used) == System.Buffers.OperationStatus.Done ? used : 1;

    /// <summary>Parses <c>[a-z_]</c> or <c>[!a-z]</c>; a <c>]</c> right after the bracket is a member.</summary>
    private static int ParseSet(ReadOnlySpan<byte> pattern, int at, List<Token> tokens, out string? error)
    {
        int i = at + 1;
        bool negated = i < pattern.Length && pattern[i] is (byte)'!' or (byte)'^';
        if (negated)
            i++;
        int first = i;
        UInt128 set = 0;
        for (; i < pattern.Length && (pattern[i] != ']' || i == first); i++)
        {
            byte from = pattern[i], to = from;
            if (i + 2 < pattern.Length && pattern[i + 1] == '-' && pattern[i + 2] != ']')
            {
                to = pattern[i + 2];
                i += 2;
            }
            if (from >= 128 || to >= 128)
            {
                error = "a set [...] holds ASCII characters only";
                return at;
            }
            if (from > to)
            {
                error = $"the range {(char)from}-{(char)to} in a set is backwards";
                return at;
            }
            for (int member = from; member <= to; member++)
                set |= UInt128.One << member;
        }
        error = i < pattern.Length ? null : "a set [ isn't closed; write \\[ for the character itself";
        tokens.Add(new Token(Kind.Set, 0, set, negated));
        return i;
    }
}
