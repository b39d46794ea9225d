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

var line = CommandLine.Split(args);
if (line.Words is not [])
{
    return await ControllerCommands.RunAsync(line);
}

try
{
    // Options are read once: to see a changed appsettings.json, the host would watch every folder below the current one, a whole
    // machine when that is the root.
    var builder = WebApplication.CreateBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);

    builder.AddFoundation(line.Settings);
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

    await app.PrepareAsync();
    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (StartupFailure.Explain(exception) is { } reason)
{
    await Console.Error.WriteLineAsync($"backstay-controller: {reason}");
    return 1;
}
