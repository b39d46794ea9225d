namespace Backstay.Controller.Settings;

internal static class SettingsServices
{
    public static IServiceCollection AddSettings(this IServiceCollection services) => services
        .AddSingleton<SecretProtection>()
        .AddScoped<SettingsReader>();
}
