using System.Text.Json.Nodes;
using Backstay.Controller.Backups;
using Microsoft.OpenApi;

namespace Backstay.Controller.Documents;

/// <summary>What a download answers, which no type of a handler says: an archive whole, in ranges, or known already.</summary>
internal static class ArchiveFacts
{
    private const string Tag = "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"";

    public static void Describe(OpenApiOperation operation, bool isHead)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(Parameter("If-Match", "The download is refused (412) unless the archive has this ETag.", Tag));
        operation.Parameters.Add(Parameter("If-None-Match", "Answered 304 when the archive has this ETag.", Tag));
        operation.Responses ??= [];
        operation.Responses["200"] = new OpenApiResponse
        {
            Description = isHead ? "What a GET would answer, without the bytes." : "The whole archive.",
            Headers = Headers(("Accept-Ranges", "Always `bytes`.", "bytes"), Length, Disposition),
            Content = isHead ? null : Bytes(ArchiveBytes.MediaType),
        };
        operation.Responses["304"] = new OpenApiResponse { Description = "The client has it already.", Headers = Headers() };
        if (isHead)
        {
            // RFC 9110, section 14.2: Range means nothing but for GET.
            operation.Responses.Remove("416");
            return;
        }

        operation.Parameters.Add(Parameter("Range", "One or several ranges of bytes (RFC 9110, section 14.2).", "bytes=0-1048575"));
        operation.Parameters.Add(Parameter("If-Range", "A range is sent only if the archive has this ETag, else all of it.", Tag));
        operation.Responses["206"] = new OpenApiResponse
        {
            Description = "The range that was asked for; several as `multipart/byteranges`, each with its own `Content-Range`.",
            Headers = Headers(("Content-Range", "Which bytes these are, and of how many; with one range.", "bytes 0-1048575/734003200"), Length, Disposition),
            Content = Bytes(ArchiveBytes.MediaType, ArchiveBytes.RangesMediaType),
        };
        if (operation.Responses.TryGetValue("416", out var unmet) && unmet is OpenApiResponseReference { RecursiveTarget: { } refusal })
            refusal.Headers = new Dictionary<string, IOpenApiHeader> { ["Content-Range"] = Header("Of how many bytes there are.", "bytes */734003200") };
    }

    private static (string Name, string Description, string Example) Length => ("Content-Length", "Bytes of this answer.", "734003200");

    private static (string Name, string Description, string Example) Disposition =>
        ("Content-Disposition", "A file name that is safe everywhere.", "attachment; filename=\"backstay-gw-01-20260131T235959Z.gpg\"");

    /// <summary>Those, and what is true of the archive whatever is sent of it.</summary>
    private static Dictionary<string, IOpenApiHeader> Headers(params ReadOnlySpan<(string Name, string Description, string Example)> more)
    {
        var headers = new Dictionary<string, IOpenApiHeader>
        {
            ["ETag"] = Header("Strong: the SHA-256 of the whole archive, which never changes.", Tag),
            ["Repr-Digest"] = Header("The same, of the whole archive (RFC 9530).", "sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:"),
        };
        foreach (var (name, description, example) in more)
            headers[name] = Header(description, example);
        return headers;
    }

    private static OpenApiHeader Header(string description, string example) =>
        new() { Description = description, Schema = Text(), Example = JsonValue.Create(example) };

    private static OpenApiParameter Parameter(string name, string description, string example) =>
        new() { Name = name, In = ParameterLocation.Header, Description = description, Schema = Text(), Example = JsonValue.Create(example) };

    private static Dictionary<string, OpenApiMediaType> Bytes(params ReadOnlySpan<string> mediaTypes)
    {
        var content = new Dictionary<string, OpenApiMediaType>();
        foreach (var mediaType in mediaTypes)
            content[mediaType] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } };
        return content;
    }

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
