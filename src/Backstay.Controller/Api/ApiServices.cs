using Microsoft.AspNetCore.Diagnostics;

namespace Backstay.Controller.Api;

internal static class ApiServices
{
    /// <summary>One JSON form and one error form for both APIs.</summary>
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, Protocol.Admin.AdminJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(1, Protocol.Agent.AgentJson.Default);
            json.SerializerOptions.DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull;
        });
        services.AddExceptionHandler<UnexpectedFaults>();
        return services;
    }

    /// <summary>In this order: faults become 500, empty refusals get a body, then Accept, then who is asking.</summary>
    public static WebApplication UseApi(this WebApplication app)
    {
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(context => ApiErrors.ForStatus(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
        app.UseRouting();
        app.UseMiddleware<AcceptMiddleware>();
        app.UseAuthentication();
        app.UseAuthorization();
        return app;
    }
}

/// <summary>An exception is a bug, or a body that Kestrel refused: the client gets a trace id and no inside detail.</summary>
internal sealed class UnexpectedFaults : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var refusal = exception is BadHttpRequestException bad
            ? ApiErrors.ForStatus(bad.StatusCode)
            : ApiErrors.Internal(System.Diagnostics.Activity.Current?.TraceId.ToString() ?? httpContext.TraceIdentifier);
        await refusal.ExecuteAsync(httpContext);
        return true;
    }
}
