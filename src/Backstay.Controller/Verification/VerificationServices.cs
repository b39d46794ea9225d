namespace Backstay.Controller.Verification;

internal static class VerificationServices
{
    /// <summary>Proof of stored archives, in the background.</summary>
    public static IServiceCollection AddVerification(this IServiceCollection services)
    {
        services.AddSingleton<VerificationHint>();
        services.AddScoped<VerificationResults>();
        services.AddScoped<DamageRuns>();
        services.AddHostedService<DigestVerification>();
        return services;
    }
}
