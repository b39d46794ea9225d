using Backstay.Chaos.Matrix;
using Backstay.TestServers;

namespace Backstay.Chaos.Running;

/// <summary>An appliance of an installation.</summary>
/// <param name="Sizes">Bytes of each file of its source; they don't compress.</param>
/// <param name="RateLimit">As in agent.json; null for none.</param>
internal sealed record ApplianceKind(string Name, IReadOnlyList<int> Sizes, string? RateLimit = null);

/// <summary>
/// Real controllers, real agents, their catalog, their store, and the network between all of them, which is this program's:
/// <code>
/// agents, clients ─ relays ─▶ controllers ─ relays ─▶ PostgreSQL, S3
/// </code>
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    /// <summary>As short as the controller allows.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan PickUp = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan OrphanGrace = TimeSpan.FromSeconds(10);

    public const string Passphrase = "the passphrase of chaos";

    private const string Password = "the password of chaos";
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;

    /// <summary>Three parts at the pace of a thin line, two parts as fast as it goes, one small part.</summary>
    private static readonly ApplianceKind[] Usual =
    [
        new("thin-line", [7 * MiB, 6 * MiB, 5 * MiB, 300 * KiB, 0], "8MB/s"),
        new("two-parts", [5 * MiB, 4 * MiB, .. Enumerable.Repeat(2 * KiB, 60)]),
        new("small", [.. Enumerable.Range(0, 40).Select(i => i * 100)]),
    ];

    private readonly List<ControllerProcess> _controllers = [];
    private readonly List<AgentProcess> _agents = [];
    private readonly List<Relay> _network = [];

    private Installation(string folder, CatalogSide catalog, StoreSide store, WebhookReceiver receiver) =>
        (Folder, Catalog, Store, Receiver) = (folder, catalog, store, receiver);

    public string Folder { get; }

    public CatalogSide Catalog { get; }

    public StoreSide Store { get; }

    public WebhookReceiver Receiver { get; }

    public AdminSession Admin { get; private set; } = null!;

    public IReadOnlyList<ControllerProcess> Controllers => _controllers;

    public IReadOnlyList<AgentProcess> Agents => _agents;

    /// <summary>The ways of agents and clients to the controllers.</summary>
    public IReadOnlyList<Relay> Network => _network;

    /// <summary>Told of every line that a program says, while that program may already be going on.</summary>
    public Action<ChildProcess, string>? Heard { get; set; }

    /// <param name="appliances">Which there are; null for three that differ in what they send and how fast.</param>
    public static async Task<Installation> StartAsync(
        string folder, int controllers, CatalogSide catalog, StoreSide store, IReadOnlyList<ApplianceKind>? appliances, Chance chance,
        CancellationToken cancellationToken)
    {
        var installation = new Installation(folder, catalog, store, await WebhookReceiver.StartAsync(cancellationToken));
        try
        {
            await installation.StartControllersAsync(controllers, cancellationToken);
            await installation.EnrolAgentsAsync(appliances ?? Usual, chance, cancellationToken);
            return installation;
        }
        catch
        {
            await installation.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
            await agent.DisposeAsync();
        foreach (var controller in _controllers)
            await controller.DisposeAsync();
        foreach (var relay in _network)
            await relay.DisposeAsync();
        Admin?.Dispose();
        await Receiver.DisposeAsync();
        await Catalog.DisposeAsync();
        await Store.DisposeAsync();
    }

    private async Task StartControllersAsync(int count, CancellationToken cancellationToken)
    {
        for (var i = 1; i <= count; i++)
        {
            var (name, port) = ($"controller-{i}", FreePort.Next());
            var controller = new ControllerProcess(
                name, Path.Combine(Folder, name + ".log"), port, SettingsOf(name, port), (speaker, line) => Heard?.Invoke(speaker, line));
            _controllers.Add(controller);
            await controller.StartAsync(cancellationToken);
        }

        // The first relay is a balancer: clients, and the agents that know one address only, go through it.
        _network.Add(new Relay([.. _controllers.Select(controller => controller.Port)]));
        if (count > 1)
            _network.AddRange(_controllers.Select(controller => new Relay(controller.Port)));

        var keepConnection = count > 1 ? TimeSpan.Zero : Timeout.InfiniteTimeSpan;
        Admin = await AdminSession.SignInAsync(_network[0].Port, _controllers[0].Pin, Password, keepConnection, cancellationToken);
        Receiver.Secret = (await Admin.AskAsync((client, ct) => client.GetWebhookSecretAsync(ct), "the secret", cancellationToken)).Secret;
        Receiver.Status = (data, ct) => Admin.Client.GetBackupStatusAsync(data.ApplianceId, data.BackupId, ct);
    }

    private Dictionary<string, string> SettingsOf(string name, int port)
    {
        var settings = new Dictionary<string, string>
        {
            ["Data__Folder"] = Path.Combine(Folder, name),
            ["Listen__Urls"] = $"https://127.0.0.1:{port}",
            ["Setup__EnableBackups"] = "true",
            ["BACKSTAY_ADMIN_PASSWORD"] = Password,
            ["BACKSTAY_PASSPHRASE"] = Passphrase,
            ["Backups__Lease"] = $"{Lease}",
            ["Backups__PickUp"] = $"{PickUp}",
            ["Backups__SweepInterval"] = "00:00:00.5",
            ["Storage__OrphanGrace"] = $"{OrphanGrace}",
            ["Notifications__AllowedNetworks__0"] = "127.0.0.1/32",
            ["DOTNET_TC_CallCounting"] = "0", // they live for seconds: compiling again what is called often never pays
            ["Logging__LogLevel__Backstay.Controller"] = "Debug",
            ["Logging__LogLevel__Backstay.Controller.Access"] = "Information",
            ["Logging__LogLevel__Backstay.Controller.Agents"] = "Information",
        };
        if (_controllers.Count > 0)
        {
            // Agents know the key of one certificate.
            var tls = Path.Combine(Folder, _controllers[0].Process.Name, "tls");
            settings["Tls__CertificateFile"] = Path.Combine(tls, "certificate.pem");
            settings["Tls__KeyFile"] = Path.Combine(tls, "key.pem");
        }

        foreach (var (key, value) in Catalog.Settings.Concat(Store.Settings))
            settings[key] = value;
        return settings;
    }

    private async Task EnrolAgentsAsync(IReadOnlyList<ApplianceKind> appliances, Chance chance, CancellationToken cancellationToken)
    {
        foreach (var (name, sizes, rateLimit) in appliances)
        {
            var appliance = await Admin.AskAsync((client, ct) => client.CreateApplianceAsync(new(null, name), ct), "a new appliance", cancellationToken);
            var seed = await Admin.AskAsync((client, ct) => client.ExportSeedAsync(appliance.Id!.Value, ct), "a seed", cancellationToken);

            // Every other agent knows the balancer alone, the rest each controller by itself.
            var ways = _agents.Count % 2 == 0 && _network.Count > 1 ? _network.Skip(1) : _network.Take(1);
            var agent = await AgentProcess.EnrolAsync(
                Path.Combine(Folder, name),
                seed with { Controllers = [.. ways.Select(way => $"https://127.0.0.1:{way.Port}")] },
                SourceTree.Make(Path.Combine(Folder, "source-" + name), sizes, chance),
                rateLimit,
                (speaker, line) => Heard?.Invoke(speaker, line),
                cancellationToken);
            _agents.Add(agent);
            agent.Start();
        }
    }
}
