using System.Text.Json;
using System.Text.Json.Serialization;

namespace Backstay.Protocol;

/// <summary>Writes an enum as the wire's kebab-case words: <c>AgentLost</c> is <c>agent-lost</c>. Numbers are refused.</summary>
public sealed class KebabCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>Writes an enum as its camelCase word; numbers are refused.</summary>
public sealed class CamelCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>Writes an enum as it is spelled in code (<c>CheckStatus</c>); numbers are refused.</summary>
public sealed class NamedEnumConverter<T>() : JsonStringEnumConverter<T>(namingPolicy: null, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>Writes an enum as noun and fact: <c>StoreNearlyFull</c> is <c>store.nearly-full</c>. Numbers are refused.</summary>
public sealed class DottedEnumConverter<T>() : JsonStringEnumConverter<T>(DottedNaming.Policy, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>The first word is the noun, a dot ends it, and the rest is kebab-case.</summary>
public sealed class DottedNaming : JsonNamingPolicy
{
    public static DottedNaming Policy { get; } = new();

    public override string ConvertName(string name)
    {
        var kebab = KebabCaseLower.ConvertName(name);
        var noun = kebab.IndexOf('-', StringComparison.Ordinal);
        return noun < 0 ? kebab : $"{kebab[..noun]}.{kebab[(noun + 1)..]}";
    }
}
