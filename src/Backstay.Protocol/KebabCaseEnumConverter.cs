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
