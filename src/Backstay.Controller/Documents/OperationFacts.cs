using System.Text.Json;
using System.Text.Json.Nodes;
using Backstay.Controller.Api;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
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
                        Schema = await context.GetOrCreateSchemaAsync(body.Type, null, cancellationToken),
                        Example = Examples.Of(body.Type),
                    },
                },
            };
        }

        if (!metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentFacts.Token, context.Document)] = [] }];
        }

        var refusal = await context.GetOrCreateSchemaAsync(typeof(ApiError), null, cancellationToken);
        var statuses = metadata.OfType<ProducesResponseTypeMetadata>()
            .Where(produces => produces.Type == typeof(ApiError))
            .Select(produces => produces.StatusCode)
            .Append(StatusCodes.Status406NotAcceptable)
            .Append(StatusCodes.Status500InternalServerError)
            .Append(StatusCodes.Status503ServiceUnavailable);
        operation.Responses ??= [];
        foreach (var status in statuses.Distinct().Order())
        {
            var error = Examples.Of(status);
            operation.Responses[$"{status}"] = new OpenApiResponse
            {
                Description = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status),
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/json"] = new OpenApiMediaType
                    {
                        Schema = refusal,
                        Example = JsonSerializer.SerializeToNode(error, AdminJson.Default.ApiError),
                    },
                },
            };
        }

        if (metadata.OfType<SendsArchive>().Any())
            ArchiveFacts.Describe(operation, isHead: HttpMethods.IsHead(context.Description.HttpMethod ?? ""));
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
