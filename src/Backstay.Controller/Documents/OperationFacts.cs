using System.Text.Json;
using System.Text.Json.Nodes;
using Backstay.Controller.Api;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace Backstay.Controller.Documents;

/// <summary>What the framework can't see in a handler: the body it reads itself, its refusals, how parameters are spelled.</summary>
internal sealed class OperationFacts : IOpenApiOperationTransformer
{
    private static readonly Dictionary<string, (string Description, string? Example)> Parameters = new(StringComparer.OrdinalIgnoreCase)
    {
        ["query"] = ("Words, each of which has to occur somewhere in the item. Letter case does not matter.", "berlin"),
        ["range"] = ("First and last index, zero based, both included. All items when left out.", "0-9"),
        ["orderBy"] = ("The field to order by.", null),
        ["descending"] = ("true turns the order round.", "true"),
        ["filterBy"] = ("Conditions FIELD:VALUE, all of which have to hold. May be repeated.", null),
        ["id"] = ("A UUID.", null),
        ["backupId"] = ("The UUID of a backup of this appliance.", null),
    };

    public async Task TransformAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            Describe(parameter);
        }

        if (metadata.OfType<TakesBody>().LastOrDefault() is { } body)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = body.Required,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/json"] = new OpenApiMediaType
                    {
                        Schema = await SchemaOfAsync(body.Type, context, cancellationToken),
                        Example = Examples.Of(body.Type),
                    },
                },
            };
        }

        if (!metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentFacts.Token, context.Document)] = [] }];
        }

        var statuses = metadata.OfType<ProducesResponseTypeMetadata>()
            .Where(produces => produces.Type == typeof(ApiError))
            .Select(produces => produces.StatusCode)
            .Append(StatusCodes.Status406NotAcceptable)
            .Append(StatusCodes.Status500InternalServerError)
            .Append(StatusCodes.Status503ServiceUnavailable);
        operation.Responses ??= [];
        foreach (var status in statuses.Distinct().Order())
        {
            operation.Responses[$"{status}"] = await RefusalAsync(status, context, cancellationToken);
        }

        if (metadata.OfType<SendsArchive>().Any())
            ArchiveFacts.Describe(operation, isHead: HttpMethods.IsHead(context.Description.HttpMethod ?? ""));
    }

    /// <summary>A refusal is the same wherever it comes: it stands once, among the components.</summary>
    private static async Task<OpenApiResponseReference> RefusalAsync(
        int status, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var phrase = ReasonPhrases.GetReasonPhrase(status);
        var name = string.Concat(phrase.Where(char.IsLetter));
        if (context.Document!.Components?.Responses?.ContainsKey(name) is not true)
        {
            context.Document.AddComponent<IOpenApiResponse>(name, new OpenApiResponse
            {
                Description = phrase,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/json"] = new OpenApiMediaType
                    {
                        Schema = await SchemaOfAsync(typeof(ApiError), context, cancellationToken),
                        Example = JsonSerializer.SerializeToNode(Examples.Of(status), AdminJson.Default.ApiError),
                    },
                },
            });
        }

        return new OpenApiResponseReference(name, context.Document);
    }

    private static async Task<OpenApiSchemaReference> SchemaOfAsync(
        Type type, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Document!.Components?.Schemas?.ContainsKey(type.Name) is not true)
        {
            context.Document.AddComponent<IOpenApiSchema>(type.Name, await context.GetOrCreateSchemaAsync(type, null, cancellationToken));
        }

        return new OpenApiSchemaReference(type.Name, context.Document);
    }

    private static void Describe(OpenApiParameter parameter)
    {
        parameter.Name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name ?? "");
        if (Parameters.TryGetValue(parameter.Name, out var known))
        {
            parameter.Description ??= known.Description;
            parameter.Example ??= known.Example is null ? null : JsonValue.Create(known.Example);
        }

        if (parameter.In == ParameterLocation.Path)
        {
            parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" };
        }
    }
}
