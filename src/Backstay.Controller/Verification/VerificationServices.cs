namespace Backstay.Controller.Verification;

internal static class VerificationServices
{
    /// <summary>Proof of stored archives, in the background.</summary>
    public static IServiceCollection AddVerification(this IServiceCollection services)
    {
        services.AddOptions<VerificationOptions>().BindConfiguration(VerificationOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<VerificationHint>();
        services.AddSingleton<VerificationMetrics>();
        services.AddSingleton<VerificationRunner>();
        services.AddScoped<VerificationPlan>();
        services.AddScoped<VerificationResults>();
        services.AddScoped<ArchiveProofs>();
        services.AddScoped<UnreadableArchives>();
        services.AddScoped<DamageRuns>();
        services.AddScoped<VerifyBackup>();
        services.AddScoped<ReportVerification>();
        services.AddHostedService<VerificationWorker>();
        return services;
    }
}
