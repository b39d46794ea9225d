using Backstay.Controller.Api;
using Backstay.Controller.Events;
using Backstay.Controller.Objectives;
using OpenTelemetry.Metrics;

namespace Backstay.Controller.Monitoring;

internal static class MonitoringServices
{
    private const string Path = "/metrics";

    /// <summary>All of them, also those that this one doesn't name.</summary>
    private const string OurMeters = "Backstay.*";

    /// <summary>What the fleet and the controller are watched by: objectives, events, figures for Prometheus, and a sign of life.</summary>
    public static WebApplicationBuilder AddMonitoring(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddEvents();
        services.AddObjectives();
        services.AddOptions<DeadMansSwitchOptions>()
            .BindConfiguration(DeadMansSwitchOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<WellBeing>();
        services.AddHostedService<DeadMansSwitch>();

        services.AddOptions<MetricsOptions>().BindConfiguration(MetricsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<FleetMetrics>();
        var metrics = Configured(builder.Configuration);
        if (metrics.IsOn)
        {
            services.AddOpenTelemetry().WithMetrics(provider => provider
                .AddMeter(OurMeters, "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddView(instrument => instrument.Meter.Name == FleetMetrics.MeterName

                    // Else it ends at 2,000 time series.
                    ? new MetricStreamConfiguration { CardinalityLimit = metrics.MaxAppliances + 100 }
                    : null)
                .AddPrometheusExporter(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0));
        }

        return builder;
    }

    /// <summary>Their calls; and <c>/metrics</c>, where the options say who may read it.</summary>
    public static WebApplication MapMonitoring(this WebApplication app)
    {
        app.MapEvents();
        app.MapObjectives();
        if (!Configured(app.Configuration).IsOn)
            return app;

        app.UseWhen(context => context.Request.Path == Path, metrics => metrics.UseMiddleware<MetricsGate>());
        app.MapPrometheusScrapingEndpoint(Path)
            .DisableRateLimiting()
            .WithMetadata(new AcceptsAnswer(AcceptKinds.Anything));
        return app;
    }

    /// <summary>As configured: what is registered depends on it. Whether it can be is checked at the start.</summary>
    private static MetricsOptions Configured(IConfiguration configuration) =>
        configuration.GetSection(MetricsOptions.Section).Get<MetricsOptions>() ?? new MetricsOptions();
}
