using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Backstay.Controller.Access;
using Backstay.Controller.Catalog;
using Backstay.Controller.Hosting;
using Backstay.Controller.Settings;
using Backstay.Controller.Tests.Agents;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Several;

/// <summary>
/// Several controllers on one catalog and one store, and a balancer in front of them that gives every request to the next. Each has a data folder
/// of its own, and by that another identity; all they have in common is the certificate, as files (decision 59).
/// </summary>
internal sealed class ControllerGroup : IAsyncDisposable
{
    public const string Passphrase = "correct horse battery staple";

    /// <summary>The folder of the certificate within the data folder.</summary>
    private const string Certificate = "tls";

    private readonly string _shared = Directory.CreateTempSubdirectory("backstay-test-").FullName;
    private readonly ControllerHost?[] _hosts;
    private readonly Dictionary<string, string?> _settings;
    private readonly RoundRobin _balancer;
    private readonly List<IAsyncDisposable> _agents = [];
    private string _pin = "";

    private ControllerGroup(int count, Dictionary<string, string?> settings)
    {
        _hosts = new ControllerHost?[count];
        _settings = settings;
        _balancer = new RoundRobin(() => [.. _hosts.OfType<ControllerHost>().Select(host => host.Address)], () => _pin);
    }

    public ControllerHost this[int index] => _hosts[index]!;

    public static async Task<ControllerGroup> StartAsync(int count, Dictionary<string, string?>? settings = null)
    {
        var group = new ControllerGroup(count, settings ?? []);
        await group.ShareAsync();
        for (var i = 0; i < count; i++)
            group._hosts[i] = await group.StartControllerAsync(i);

        Assert.Distinct(group._hosts.Select(host => host!.Services.GetRequiredService<ControllerIdentity>().Id));
        group._pin = Assert.Single(group._hosts.Select(host => host!.Pin).Distinct());
        await group[0].CatalogAsync(async catalog =>
        {
            var row = await catalog.Settings.SingleAsync();
            row.BackupApiEnabled = true;
            row.ProtectedBackupPassphrase = group[0].Services.GetRequiredService<SecretProtection>()
                .Protect(SecretProtection.BackupPassphrase, Passphrase);
            await catalog.SaveChangesAsync();
        });
        return group;
    }

    /// <summary>Stops one in good order, and starts another in its place.</summary>
    public async Task RestartAsync(int index)
    {
        var old = _hosts[index]!;
        _hosts[index] = null; // the balancer's health check
        await old.DisposeAsync();
        _hosts[index] = await StartControllerAsync(index);
    }

    /// <summary>A client through the balancer.</summary>
    public HttpClient Balanced(string token) => new(_balancer, disposeHandler: false)
    {
        BaseAddress = new Uri("https://balancer"),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };

    /// <summary>An enrolled appliance: its id and its agent's credential.</summary>
    public async Task<(Guid Id, string Credential)> AddApplianceAsync(string? name = null)
    {
        var credential = TokenAuthentication.NewToken();
        var now = TimeProvider.System.GetUtcNow();
        var appliance = new ApplianceEntity
        {
            Id = Guid.NewGuid(),
            Name = name ?? $"gw-{Guid.NewGuid():N}",
            Created = now,
            Updated = now,
            CredentialHash = TokenAuthentication.HashOf(credential),
        };
        await this[0].CatalogAsync(async catalog =>
        {
            catalog.Appliances.Add(appliance);
            await catalog.SaveChangesAsync();
        });
        return (appliance.Id, credential);
    }

    /// <summary>An agent that talks to one controller only, as its connection does.</summary>
    public RawAgent AgentOf(int index, (Guid Id, string Credential) appliance) => Keep(new RawAgent(this[index].NewClient(appliance.Credential), appliance.Id));

    /// <summary>An agent that talks through the balancer.</summary>
    public RawAgent BalancedAgent((Guid Id, string Credential) appliance) => Keep(new RawAgent(Balanced(appliance.Credential), appliance.Id));

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
            await agent.DisposeAsync();
        foreach (var host in _hosts)
        {
            if (host is not null)
                await host.DisposeAsync();
        }

        _balancer.Dispose();
        Directory.Delete(_shared, recursive: true);
        if (TestPostgres.IsAsked)
            await (await TestPostgres.CurrentAsync()).ReturnAsync(Path.GetFileName(_shared));
    }

    private string FolderOf(int index) => Path.Combine(_shared, $"controller-{index}");

    /// <summary>What all controllers are told alike: where catalog and store are.</summary>
    private async Task ShareAsync()
    {
        _settings["Catalog:Provider"] = "sqlite";
        _settings["Catalog:File"] = Path.Combine(_shared, "catalog.db");
        if (TestPostgres.IsAsked)
        {
            _settings["Catalog:Provider"] = "postgres";
            _settings["Catalog:ConnectionString"] = await (await TestPostgres.CurrentAsync()).DatabaseAsync(Path.GetFileName(_shared));
        }

        _settings["Storage:Folder"] = Path.Combine(_shared, "store");
        foreach (var (key, value) in await TestStore.SettingsAsync(_shared))
            _settings[key] = value;
    }

    private Task<ControllerHost> StartControllerAsync(int index)
    {
        var (first, own) = (Path.Combine(FolderOf(0), Certificate), Path.Combine(FolderOf(index), Certificate));
        if (!Directory.Exists(own) && Directory.Exists(first))
        {
            Directory.CreateDirectory(own);
            foreach (var file in Directory.GetFiles(first))
                File.Copy(file, Path.Combine(own, Path.GetFileName(file)));
        }

        return ControllerHost.StartAsync(settings: _settings, folder: Directory.CreateDirectory(FolderOf(index)).FullName);
    }

    private RawAgent Keep(RawAgent agent)
    {
        _agents.Add(agent);
        return agent;
    }

    /// <summary>Every request goes to the next controller. One that is gone answers 502, as a balancer says it.</summary>
    private sealed class RoundRobin(Func<Uri[]> controllers, Func<string> pin) : DelegatingHandler(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => pin() == ControllerHost.PinOf((X509Certificate2)certificate!) },
    })
    {
        private int _next;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var live = controllers();
            request.RequestUri = new Uri(live[(uint)Interlocked.Increment(ref _next) % live.Length], request.RequestUri!.PathAndQuery);
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException)
            {
                return new HttpResponseMessage(HttpStatusCode.BadGateway) { RequestMessage = request };
            }
        }
    }
}
