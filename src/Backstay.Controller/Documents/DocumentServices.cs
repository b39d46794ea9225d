using System.Buffers.Text;
using System.Security.Cryptography;
using Backstay.Controller.Api;
using Scalar.AspNetCore;

namespace Backstay.Controller.Documents;

internal static class DocumentServices
{
    public static IServiceCollection AddDocuments(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.ShouldInclude = endpoint => endpoint.RelativePath?.StartsWith("admin/", StringComparison.Ordinal) is true;
        options.AddDocumentTransformer<DocumentFacts>();
        options.AddOperationTransformer<OperationFacts>();
    });

    /// <summary>The OpenAPI document and the page that shows it. Everything comes from here: no other host is asked for anything.</summary>
    public static IEndpointRouteBuilder MapDocuments(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapScalarApiReference("/docs", (scalar, context) =>
        {
            var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
            scalar
                .WithTitle("Backstay admin API")
                .WithNonce(nonce)
                .WithOpenApiRoutePattern("/openapi/{documentName}.json")
                .DisableDefaultFonts()
                .DisableTelemetry();
            scalar.HideClientButton = true;
            scalar.Agent = new ScalarAgentOptions { Disabled = true };
            scalar.Mcp = new ScalarMcpOptions { Disabled = true };

            // The page's styles are set by its script; its calls go nowhere but to this controller.
            context.Response.Headers.ContentSecurityPolicy =
                $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
                + "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        }).WithMetadata(new AcceptsAnswer(AcceptKinds.Anything));
        return app;
    }
}
