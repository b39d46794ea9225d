namespace Backstay.Controller.Auditing;

internal static class AuditingServices
{
    public static IServiceCollection AddAuditing(this IServiceCollection services) => services.AddScoped<AuditTrail>();
}
