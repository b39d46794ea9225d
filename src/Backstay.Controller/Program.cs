using Backstay.Controller.Access;
using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Backups.Uploads;
using Backstay.Controller.Catalog;
using Backstay.Controller.Commands;
using Backstay.Controller.Documents;
using Backstay.Controller.Drills;
using Backstay.Controller.Hosting;
using Backstay.Controller.Keys;
using Backstay.Controller.Monitoring;
using Backstay.Controller.Notifications;
using Backstay.Controller.Retention;
using Backstay.Controller.Schedules;
using Backstay.Controller.Settings;
using Backstay.Controller.Storage;
using Backstay.Controller.Verification;

namespace Backstay.Controller;

/// <summary>The controller, as a table of contents: what it consists of, what it answers.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => ControllerCommands.RunAsync(CommandLine.Split(args));

    /// <summary>Everything in its place, not yet started.</summary>
    /// <param name="settings">Options of the configuration, as a command line has them.</param>
    /// <param name="last">What is changed after all else was added: a test's clock, a store that fails.</param>
    public static WebApplication Build(string[] settings, Action<IServiceCollection>? last = null)
    {
        // Options are read once: to see a changed appsettings.json, the host would watch every folder below the current one, a whole
        // machine when that is the root.
        var builder = WebApplication.CreateBuilder([.. settings, "--hostBuilder:reloadConfigOnChange=false"]);
        builder.AddFoundation(settings);
        builder.AddHosting();
        builder.Services.AddCatalog();
        builder.Services.AddApi();
        builder.Services.AddAccess();
        builder.Services.AddAuditing();
        builder.Services.AddSettings();
        builder.Services.AddBackupKeys();
        builder.Services.AddAppliances();
        builder.Services.AddStorage();
        builder.Services.AddAgents();
        builder.Services.AddBackups();
        builder.Services.AddSchedules();
        builder.Services.AddRetention();
        builder.Services.AddVerification();
        builder.Services.AddDrills();
        builder.Services.AddNotifications();
        builder.AddMonitoring();
        builder.Services.AddDocuments();
        last?.Invoke(builder.Services);
        var app = builder.Build();

        app.UseApi();
        app.MapSignIn();
        app.MapLocalUsers();
        app.MapAdministrativeRoles();
        app.MapAuditLog();
        app.MapGlobalSettings();
        app.MapBackupKeys();
        app.MapAppliances();
        app.MapBackups();
        app.MapRetention();
        app.MapVerifications();
        app.MapAgents();
        app.MapUploads();
        app.MapDrills();
        app.MapNotifications();
        app.MapSchedules();
        app.MapDocuments();
        app.MapHealth();
        app.MapMonitoring();
        return app;
    }
}
