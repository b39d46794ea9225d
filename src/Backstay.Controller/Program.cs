using Backstay.Controller;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddCatalog();
builder.Services.AddApi();
builder.Services.AddAccess();
builder.Services.AddScoped<AuditTrail>();
builder.Services.AddNotifications();

var app = builder.Build();

app.UseApi();
app.MapNotifications();

await app.MigrateCatalogAsync();
await app.RunAsync();
