using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

internal static partial class HostingServices
{
    /// <summary>Short forms of the options that a command line is likely to have.</summary>
    public static readonly Dictionary<string, string> Switches = new()
    {
        ["--data"] = "Data:Folder",
        ["--listen"] = "Listen:Urls",
        ["--public-url"] = "Listen:PublicUrls",
        ["--certificate"] = "Tls:CertificateFile",
        ["--key"] = "Tls:KeyFile",
    };

    /// <summary>What is taken without a section.</summary>
    private static readonly string[] HostSwitches =
        ["--environment", "--contentRoot", "--applicationName", "--BACKSTAY_ADMIN_PASSWORD", "--BACKSTAY_PASSPHRASE"];

    /// <summary>Whether an argument is an option of the configuration; what isn't one is a word of a command.</summary>
    public static bool IsSetting(string argument)
    {
        var name = argument.Split('=')[0];
        return name.StartsWith("--", StringComparison.Ordinal)

            // "--NAME=" with nothing behind it sets nothing: hosts that wrap this program write sections like that.
            && (name.Contains(':', StringComparison.Ordinal) || Switches.ContainsKey(name) || HostSwitches.Contains(name) || argument.EndsWith('='));
    }

    /// <summary>What serving and every command stand on: the configuration, the data folder, the clock.</summary>
    public static WebApplicationBuilder AddFoundation(this WebApplicationBuilder builder, string[] settings)
    {
        builder.Configuration.AddCommandLine(settings, Switches);
        builder.Services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<TimeProvider, CatalogTime>();
        builder.Services.AddSingleton<DataFolder>();
        builder.AddQuietLogging();
        return builder;
    }

    /// <summary>TLS, the web server, what the first start does, health.</summary>
    public static WebApplicationBuilder AddHosting(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<ListenOptions>().BindConfiguration(ListenOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ListenOptions>, ListenValidation>();
        services.AddSingleton<IPostConfigureOptions<ForwardedHeadersOptions>, ForwardedSetup>();
        services.AddOptions<TlsOptions>().BindConfiguration(TlsOptions.Section);
        services.AddOptions<SetupOptions>()
            .BindConfiguration(SetupOptions.Section)
            .PostConfigure<IConfiguration>((setup, configuration) =>
            {
                setup.AdminPassword = Or(setup.AdminPassword, configuration["BACKSTAY_ADMIN_PASSWORD"]);
                setup.BackupPassphrase = Or(setup.BackupPassphrase, configuration["BACKSTAY_PASSPHRASE"]);
            })
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddOptions<ControllerOptions>().BindConfiguration(ControllerOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ControllerIdentity>();
        services.AddSingleton<SelfMadeCertificate>();
        services.AddSingleton<ServingCertificate>();
        services.AddSingleton<ProxyProtocol>();
        services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionBuffers>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelSetup>();
        services.AddScoped<FirstStart>();
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddHealthChecks().AddCheck<CatalogHealth>("catalog");
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.KeepStartupSilent();
        return builder;
    }

    /// <summary>
    /// All that has to be right before the first request, in the order in which one needs the other: options, data folder,
    /// certificate, store, catalog, first start.
    /// </summary>
    public static async Task PrepareAsync(this WebApplication app)
    {
        app.Lifetime.ApplicationStarted.Register(() => app.Services.GetRequiredService<StartupSilence>().Over = true);
        app.Services.GetService<IStartupValidator>()?.Validate();

        // The host has its options since it was made, before these could be looked at.
        app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout += app.Services.GetRequiredService<IOptions<ListenOptions>>().Value.DrainPause;
        app.Services.GetRequiredService<DataFolder>().Prepare();
        await app.Services.GetRequiredService<ControllerIdentity>().PrepareAsync(app.Lifetime.ApplicationStopping);
        app.Services.GetRequiredService<ServingCertificate>().Prepare();
        await app.CheckStoreAsync();
        await using var scope = app.Services.CreateAsyncScope();
        await using (await scope.ServiceProvider.GetRequiredService<CatalogWait>().EnterAsync(app.Lifetime.ApplicationStopping))
        {
            await scope.ServiceProvider.GetRequiredService<FirstStart>().RunAsync(Console.Out, app.Lifetime.ApplicationStopping);
            await app.IdentifyStoreAsync();
        }

        await app.Services.GetRequiredService<SqliteHold>().TakeAsync(app.Lifetime.ApplicationStopping);

        Log.ServingWith(app.Logger, app.Services.GetRequiredService<ServingCertificate>().Pin);
    }

    /// <summary>From here on requests are answered and workers work, until the process is told to stop.</summary>
    public static async Task ServeAsync(this WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception)
        {
            // A port in use, say. Workers that have begun already end before what they use is gone.
            await app.StopAsync();
            throw;
        }

        await app.WaitForShutdownAsync();
    }

    /// <summary>The standard output of a command is its result.</summary>
    public static void LogToStandardError(this WebApplicationBuilder builder) =>
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);

    private static string Or(string value, string? other) => value is "" ? other ?? "" : value;

    private static void AddQuietLogging(this WebApplicationBuilder builder)
    {
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
        });

        // What the framework says about every request and query is noise beside what the controller says.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning);

        // A statement that fails is an expected end of a race, or a fault that is logged with its request.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Critical);

        // Keys in the catalog without a further key around them are a decision (DESIGN section 8), not an oversight to warn of.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
    }

    private static void KeepStartupSilent(this WebApplicationBuilder builder)
    {
        // A start that fails is told once, by StartupFailure.
        var startup = new StartupSilence();
        builder.Services.AddSingleton(startup);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", level => startup.Over && level >= LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => startup.Over && level >= LogLevel.Warning);
        builder.Logging.AddFilter(typeof(CatalogReach).FullName, _ => startup.Over);
    }

    /// <summary>Until the start is over, what is said about its failure elsewhere is kept back.</summary>
    private sealed class StartupSilence
    {
        public bool Over { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The key of this controller's certificate is sha256/{Pin}; a client that asks shows the same.")]
        public static partial void ServingWith(ILogger logger, string pin);
    }
}
