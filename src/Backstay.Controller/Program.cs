using Backstay.Controller;
using Backstay.Controller.Access;
using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Backups.Uploads;
using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;
using Backstay.Controller.Storage;
using Backstay.Controller.Verification;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddCatalog();
builder.Services.AddApi();
builder.Services.AddAccess();
builder.Services.AddScoped<AuditTrail>();
builder.Services.AddNotifications();
builder.Services.AddStorage();
builder.Services.AddAgents();
builder.Services.AddBackups();
builder.Services.AddVerification();

var app = builder.Build();

app.UseApi();
app.MapNotifications();
app.MapBackups();
app.MapAgents();
app.MapUploads();

await app.MigrateCatalogAsync();
await app.RunAsync();
