namespace Backstay.Controller.Retention;

internal static class RetentionServices
{
    /// <summary>Policies, and the worker that goes by them.</summary>
    public static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<RetentionClock>();
        services.AddScoped<Pruning>();
        services.AddSingleton<RetentionHealth>();
        services.AddSingleton<PolicyHealth>();
        services.AddHealthChecks().AddCheck<RetentionHealth>("retention-clock").AddCheck<PolicyHealth>("retention-policies");
        services.AddHostedService<RetentionWorker>();
        return services;
    }
}
