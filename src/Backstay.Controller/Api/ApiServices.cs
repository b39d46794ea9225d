using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using Backstay.Controller.Auditing;

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
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;

            // Answers are application/json with nosniff, never part of a page: '+' and quotes may stand as they are.
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        services.AddExceptionHandler<UnexpectedFaults>();
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RequestMetrics>();
        services.AddSingleton<RequestLimits>();
        return services;
    }

    /// <summary>
    /// In this order: faults become 500, empty refusals get a body, refusals are written down, then Accept (406), then whether there is
    /// room for one more (503), then who is asking (401) and whether they may at all (403).
    /// </summary>
    public static WebApplication UseApi(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseMiddleware<SecurityHeaders>();
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(context => ApiErrors.ForStatus(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
        app.UseMiddleware<RefusalAudit>();
        app.UseRouting();
        app.UseMiddleware<AcceptMiddleware>();
        app.UseMiddleware<RequestLimits>();
        app.UseAuthorization();
        return app;
    }
}
