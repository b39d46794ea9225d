namespace Backstay.Controller.Keys;

internal static class KeyServices
{
    /// <summary>The keys that open archives, and the worker that tells when one ends.</summary>
    public static IServiceCollection AddBackupKeys(this IServiceCollection services)
    {
        services.AddOptions<KeyOptions>().BindConfiguration(KeyOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<Passphrases>();
        services.AddScoped<BackupKeyring>();
        services.AddScoped<WhichKeys>();
        services.AddHealthChecks().AddCheck<KeyHealth>("backup-keys");
        services.AddHostedService<KeyExpiry>();
        return services;
    }
}
