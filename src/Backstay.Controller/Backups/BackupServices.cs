using Backstay.Controller.Backups.Uploads;

namespace Backstay.Controller.Backups;

internal static class BackupServices
{
    /// <summary>The hard path: from the request to the archive, and what ends it when nothing else does.</summary>
    public static IServiceCollection AddBackups(this IServiceCollection services)
    {
        services.AddOptions<BackupOptions>().BindConfiguration(BackupOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<EnvelopeTurns>();
        services.AddSingleton<PartsInFlight>();
        services.AddSingleton<ReadBacks>();
        services.AddSingleton<BackupMetrics>();
        services.AddSingleton<AdmissionHint>();
        services.AddSingleton<Admission>();
        services.AddScoped<BackupAccess>();
        services.AddScoped<BackupEnding>();
        services.AddScoped<Deletion>();
        services.AddSingleton<Removals>();
        services.AddScoped<SessionKeys>();
        services.AddScoped<StartBackup>();
        services.AddScoped<RemoveBackup>();
        services.AddScoped<StoredProtection>();
        services.AddScoped<HoldBackup>();
        services.AddScoped<LockBackup>();
        services.AddScoped<DownloadArchive>();
        services.AddScoped<OpenUpload>();
        services.AddScoped<ReceivePart>();
        services.AddScoped<CompleteBackup>();
        services.AddHostedService<AdmissionWorker>();
        services.AddSingleton<BackupSweep>();
        services.AddHostedService<BackupSweepWorker>();
        services.AddHostedService<RemovalWorker>();
        return services;
    }
}
