namespace Backstay.Controller.Agents;

/// <summary>What agents call outside of a backup.</summary>
internal static class AgentsApi
{
    public static IEndpointRouteBuilder MapAgents(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/agent/v1").WithTags("Agent");
        group.MapPost("/enrol", Enrolment.HandleAsync)
            .WithName("Enrol").WithSummary("Trades the token of a seed for a credential.");
        group.MapGet("/events", AgentEventStream.HandleAsync).RequireAgent().DisableRateLimiting()
            .WithName("AgentEvents").WithSummary("The hints for an agent, as server-sent events.");
        group.MapPost("/health", ReportHealth.HandleAsync).RequireAgent()
            .WithName("ReportHealth").WithSummary("The condition of the machine.");
        return app;
    }
}
