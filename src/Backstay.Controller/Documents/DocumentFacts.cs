using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Backstay.Controller.Documents;

/// <summary>What holds for the whole document.</summary>
internal sealed class DocumentFacts : IOpenApiDocumentTransformer
{
    public const string Token = "token";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Backstay admin API",
            Version = "v1",
            License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
            Description =
                """
                Starts, follows, downloads and deletes backups of appliances, and manages what is around them.

                **Versions.** A request says which peer version it speaks: `Accept: application/vnd.appgate.peer-vN+json` with N from 17 to
                23. `application/json` and no Accept at all mean the newest. Anything else is refused with 406, before everything else, and
                the refusal says which versions there are.

                **Signing in.** `POST /admin/login` gives a token; all other calls take it as `Authorization: Bearer TOKEN`.

                **Refusals** are checked in this order: 406, 401, 403 (you may not do this to anything), 404, 403 (you may not do it to
                this), 400 and 422, then the state of things. All have one body: `id` for programs, `message` for people, and with 422
                every field that is wrong. An id in a path that isn't a UUID is 404.

                **Lists** take `query`, `range`, `orderBy`, `descending` and `filterBy`, and answer with `data` and `totalCount`.
                """,
        };

        // Whoever reads it asks the controller that it came from.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Token] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The token of POST /admin/login.",
        };
        return Task.CompletedTask;
    }
}
