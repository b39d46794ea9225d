using System.Net.Http.Headers;
using Backstay.Controller.Access;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Backstay.Controller.Tests;

/// <summary>
/// A controller of its own for a test: the real program on real Kestrel, on a free port, with a fresh data folder. Disposing it
/// stops the controller and removes the folder, unless the folder was handed in (a restart on the same data).
/// </summary>
internal sealed class ControllerHost : WebApplicationFactory<Program>
{
    private readonly TimeProvider? _time;
    private readonly IReadOnlyDictionary<string, string?> _settings;
    private readonly Action<IServiceCollection>? _services;
    private readonly bool _ownsFolder;
    private readonly List<HttpClient> _clients = [];

    private ControllerHost(
        TimeProvider? time, IReadOnlyDictionary<string, string?>? settings, string? folder, Action<IServiceCollection>? services)
    {
        _time = time;
        _settings = settings ?? new Dictionary<string, string?>();
        _services = services;
        _ownsFolder = folder is null;
        DataFolder = folder ?? Directory.CreateTempSubdirectory("backstay-test-").FullName;
    }

    /// <summary>Everything that the controller writes.</summary>
    public string DataFolder { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>A client without a token.</summary>
    public HttpClient Http { get; private set; } = null!;

    /// <summary>Starts a controller.</summary>
    /// <param name="time">In place of the system's clock.</param>
    /// <param name="settings">Configuration by its keys (<c>Data:Folder</c>).</param>
    /// <param name="folder">A data folder that outlives this host.</param>
    /// <param name="services">Replaces services, last.</param>
    public static async Task<ControllerHost> StartAsync(
        TimeProvider? time = null,
        IReadOnlyDictionary<string, string?>? settings = null,
        string? folder = null,
        Action<IServiceCollection>? services = null)
    {
        var host = new ControllerHost(time, settings, folder, services);
        host.UseKestrel(0);
        await Task.Run(host.StartServer);
        host.Address = new Uri(
            host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        host.Http = host.NewClient();
        return host;
    }

    /// <summary>A client that sends this token with every request, or none.</summary>
    public HttpClient NewClient(string? token = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        _clients.Add(client);
        return client;
    }

    /// <summary>A client signed in as a user who may do everything.</summary>
    public Task<HttpClient> AdminAsync() => SignInAsync(new Privilege(PrivilegeType.All, PrivilegeTarget.All));

    /// <summary>A client signed in as a new user with exactly these privileges. The user is made in the catalog, not by a call.</summary>
    public async Task<HttpClient> SignInAsync(params Privilege[] privileges)
    {
        var now = (_time ?? TimeProvider.System).GetUtcNow();
        var token = TokenAuthentication.NewToken();
        var role = new AdministrativeRoleEntity
        {
            Id = Guid.NewGuid(),
            Name = $"role {Guid.NewGuid()}",
            Privileges = [.. privileges],
            Created = now,
            Updated = now,
        };
        var user = new LocalUserEntity
        {
            Id = Guid.NewGuid(),
            Name = $"user-{Guid.NewGuid()}",
            PasswordHash = "none",
            Roles = [role.Id],
            Created = now,
            Updated = now,
        };
        await CatalogAsync(async catalog =>
        {
            catalog.AddRange(role, user, new TokenEntity
            {
                Hash = TokenAuthentication.HashOf(token),
                UserId = user.Id,
                SignIn = Guid.NewGuid(),
                Full = true,
                Created = now,
                Expires = now.AddDays(1),
            });
            await catalog.SaveChangesAsync();
        });
        return NewClient(token);
    }

    /// <summary>Works on the controller's catalog behind its back.</summary>
    public async Task CatalogAsync(Func<CatalogContext, Task> work)
    {
        await using var catalog = await Services.GetRequiredService<IDbContextFactory<CatalogContext>>().CreateDbContextAsync();
        await work(catalog);
    }

    /// <summary>Reads the controller's catalog behind its back.</summary>
    public async Task<T> CatalogAsync<T>(Func<CatalogContext, Task<T>> read)
    {
        await using var catalog = await Services.GetRequiredService<IDbContextFactory<CatalogContext>>().CreateDbContextAsync();
        return await read(catalog);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Data:Folder", DataFolder);
        foreach (var (key, value) in _settings)
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        builder.ConfigureServices(services =>
        {
            if (_time is not null)
            {
                services.AddSingleton(_time);
            }

            _services?.Invoke(services);
        });
    }

    public override async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await base.DisposeAsync();
        if (_ownsFolder && Directory.Exists(DataFolder))
        {
            Directory.Delete(DataFolder, recursive: true);
        }
    }
}
