using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Backstay.Controller.Access;
using Backstay.Controller.Catalog;
using Backstay.Controller.Hosting;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests;

/// <summary>
/// A controller of its own for a test: the real program on real Kestrel, on a free port, with a fresh data folder and catalog. Disposing
/// it stops the controller and removes both, unless the folder was handed in (a restart on the same data). The catalog is on the
/// database that <see cref="TestPostgres.IsAsked"/> says, unless the settings name one.
/// </summary>
internal sealed class ControllerHost : IAsyncDisposable
{
    /// <summary>The password of the first user, <c>admin</c>.</summary>
    public const string AdminPassword = "a password for the tests";

    /// <summary>1: this process has seen the check of a bucket pass on its Ceph.</summary>
    private static int _checked;

    private readonly TimeProvider? _time;
    private readonly IReadOnlyDictionary<string, string?> _settings;
    private readonly Action<IServiceCollection>? _services;
    private readonly bool _ownsFolder;
    private string? _postgres;
    private readonly List<HttpClient> _clients = [];
    private IReadOnlyDictionary<string, string?> _store = new Dictionary<string, string?>();
    private WebApplication? _app;

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

    private string DatabaseName => Path.GetFileName(DataFolder);

    /// <summary>The controller's own services.</summary>
    public IServiceProvider Services => _app!.Services;

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
        try
        {
            if (!host._settings.Keys.Any(key => key.StartsWith("Storage:", StringComparison.Ordinal)))
                host._store = await TestStore.SettingsAsync(host.DataFolder);
            if (TestPostgres.IsAsked && !host._settings.ContainsKey("Catalog:Provider"))
                host._postgres = await (await TestPostgres.CurrentAsync()).DatabaseAsync(host.DatabaseName);
            else if (host._ownsFolder)
                await MigratedSqlite.CopyAsync(host.DataFolder);
            host._app = host.Build();
            await host._app.PrepareAsync();
            await host._app.StartAsync();
            host.Address = new Uri(host._app.Urls.First());
            host.Http = host.NewClient();
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }

        return host;
    }

    /// <summary>Of the key of the certificate that it serves.</summary>
    internal string Pin => Services.GetRequiredService<ServingCertificate>().Pin;

    /// <summary>A client that sends this token with every request, or none.</summary>
    public HttpClient NewClient(string? token = null)
    {
        var pin = Pin;
        var client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => pin == PinOf((X509Certificate2)certificate!) },
        })
        { BaseAddress = Address };
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

    /// <summary>Sends the password to <c>/admin/login</c>.</summary>
    public Task<HttpResponseMessage> LoginAsync(string username, string password, string path = "/admin/login") =>
        Http.PostAsJsonAsync(path, new LoginRequest("local", username, password, Guid.NewGuid()), AdminJson.Default.LoginRequest);

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

    /// <summary>Puts a backup into the catalog, without an archive.</summary>
    public async Task AddBackupAsync(Guid appliance, BackupState state, DateTimeOffset? created = null)
    {
        var time = created ?? (_time ?? TimeProvider.System).GetUtcNow();
        await CatalogAsync(async catalog =>
        {
            catalog.Backups.Add(new BackupEntity
            {
                Id = Guid.NewGuid(),
                ApplianceId = appliance,
                State = state,
                Logs = false,
                Audit = false,
                RequestedBy = "test",
                Created = time,
                LeaseUntil = time.AddDays(1),
                Deadline = time.AddDays(1),
                Envelope = [],
            });
            await catalog.SaveChangesAsync();
        });
    }

    /// <summary>These texts are nowhere in the catalog: in none of the database's files and journals, or in none of its rows.</summary>
    public async Task AssertNotInCatalogAsync(params string[] secrets)
    {
        if (Services.GetRequiredService<IOptions<CatalogOptions>>().Value.Provider is CatalogProvider.Postgres)
        {
            var rows = await CatalogAsync(RowsAsync);
            Assert.Contains("Administrator", rows, StringComparison.Ordinal);
            foreach (var secret in secrets)
            {
                Assert.DoesNotContain(secret, rows, StringComparison.Ordinal);
                Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret)), rows, StringComparison.Ordinal);
            }

            return;
        }

        var files = Directory.GetFiles(DataFolder, "catalog.db*");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            var text = await reader.ReadToEndAsync();
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        }
    }

    /// <summary>All rows of all tables as text, binary columns in hexadecimal.</summary>
    private static async Task<string> RowsAsync(CatalogContext catalog)
    {
        var text = new StringBuilder();
        var tables = await catalog.Database
            .SqlQuery<string>($"SELECT quote_ident(tablename) AS \"Value\" FROM pg_tables WHERE schemaname = 'public'")
            .ToListAsync();
        foreach (var query in tables.Select(table => $"SELECT t::text AS \"Value\" FROM {table} t"))
        {
            text.AppendJoin('\n', await catalog.Database.SqlQueryRaw<string>(query).ToListAsync());
        }

        return text.ToString();
    }

    private WebApplication Build()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Data:Folder"] = DataFolder,
            ["Listen:Urls"] = "https://127.0.0.1:0",
            ["Setup:AdminPassword"] = AdminPassword,
        };
        if (_postgres is not null)
        {
            settings["Catalog:Provider"] = "postgres";
            settings["Catalog:ConnectionString"] = _postgres;
        }

        foreach (var (key, value) in _settings.Concat(_store))
            settings[key] = value;
        return Program.Build([.. settings.Select(setting => $"--{setting.Key}={setting.Value}")], services =>
        {
            services.AddLogging(logging => logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning));
            if (_time is not null)
                services.AddSingleton(_time);

            // A hash that is as slow as it should be would be a fifth of what a test takes.
            services.AddSingleton(_ => new Passwords(iterations: 1000));

            // The first start tries all that a bucket has to be able to do; the same Ceph can do it for the others.
            if (_store.Count > 0 && Interlocked.Exchange(ref _checked, 1) == 1)
                services.AddSingleton(provider => OpenedStore.Open(provider, Options.DefaultName) with { Check = new Passed() });

            _services?.Invoke(services);
        });
    }

    /// <summary>Nothing is tried, nothing found.</summary>
    private sealed class Passed : IStoreCheck
    {
        public IAsyncEnumerable<StoreFinding> RunAsync(CancellationToken cancellationToken) => AsyncEnumerable.Empty<StoreFinding>();
    }

    internal static string PinOf(X509Certificate2 certificate) =>
        Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>Stops the controller, as the program does when it was told to.</summary>
    public Task StopAsync() => _app!.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        if (_ownsFolder && Directory.Exists(DataFolder))
        {
            Directory.Delete(DataFolder, recursive: true);
            if (_postgres is not null)
                await (await TestPostgres.CurrentAsync()).ReturnAsync(DatabaseName);
        }
    }
}
