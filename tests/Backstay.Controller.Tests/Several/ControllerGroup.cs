using System.Net;
using System.Net.Http.Headers;
using Backstay.Controller.Access;
using Backstay.Controller.Catalog;
using Backstay.Controller.Settings;
using Backstay.Controller.Tests.Agents;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Several;

/// <summary>Several controllers on one catalog and one store, and a balancer in front of them that gives every request to the next.</summary>
internal sealed class ControllerGroup : IAsyncDisposable
{
    public const string Passphrase = "correct horse battery staple";

    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
    private readonly ControllerHost?[] _hosts;
    private readonly Dictionary<string, string?> _settings;
    private readonly RoundRobin _balancer;
    private readonly List<IAsyncDisposable> _agents = [];

    private ControllerGroup(int count, Dictionary<string, string?>? settings)
    {
        _hosts = new ControllerHost?[count];
        _settings = settings ?? [];
        _balancer = new RoundRobin(() => [.. _hosts.OfType<ControllerHost>().Select(host => host.Address)]);
    }

    public ControllerHost this[int index] => _hosts[index]!;

    public static async Task<ControllerGroup> StartAsync(int count, Dictionary<string, string?>? settings = null)
    {
        var group = new ControllerGroup(count, settings);
        for (var i = 0; i < count; i++)
            group._hosts[i] = await ControllerHost.StartAsync(settings: group._settings, folder: group._folder);

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
        _hosts[index] = await ControllerHost.StartAsync(settings: _settings, folder: _folder);
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
        Directory.Delete(_folder, recursive: true);
    }

    private RawAgent Keep(RawAgent agent)
    {
        _agents.Add(agent);
        return agent;
    }

    /// <summary>Every request goes to the next controller. One that is gone answers 502, as a balancer says it.</summary>
    private sealed class RoundRobin(Func<Uri[]> controllers) : DelegatingHandler(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=Backstay controller" },
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
