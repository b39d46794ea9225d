using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;

namespace Backstay.EndToEnd.Fixture;

/// <summary>One controller process on a folder and a port of its own, and the admin's hand on its API.</summary>
internal sealed class Installation : IAsyncDisposable
{
    public const string Password = "the admin's password 42";
    public const string Passphrase = "the backup's passphrase 42";

    private readonly Dictionary<string, string?> _settings = [];
    private LongProcess? _controller;

    private Installation()
    {
        Folder = Directory.CreateTempSubdirectory("backstay-e2e-").FullName;
        Port = FreePort();
        Http = NewHttp();
    }

    public string Folder { get; }

    public int Port { get; }

    public Uri Address => new($"https://127.0.0.1:{Port}");

    public HttpClient Http { get; }

    public string ControllerSaid => _controller?.Said ?? "";

    public int ControllerId => _controller!.Id;

    /// <summary>Starts a controller that takes backups, and signs in.</summary>
    public static async Task<Installation> StartAsync(params (string Name, string Value)[] settings)
    {
        var installation = new Installation();
        foreach (var (name, value) in settings)
        {
            installation._settings[name] = value;
        }

        await installation.StartControllerAsync();
        return installation;
    }

    public async Task StartControllerAsync()
    {
        _controller = new LongProcess(Programs.Controller, [], new Dictionary<string, string?>(_settings)
        {
            ["Data__Folder"] = Path.Combine(Folder, "controller"),
            ["Listen__Urls"] = Address.ToString(),
            ["Setup__EnableBackups"] = "true",
            ["BACKSTAY_ADMIN_PASSWORD"] = Password,
            ["BACKSTAY_PASSPHRASE"] = Passphrase,
        });
        await Eventually.TrueAsync(IsReadyAsync, TimeSpan.FromSeconds(60), () => "the controller did not get ready:\n" + ControllerSaid);
        var login = new LoginRequest("local", "admin", Password, Guid.NewGuid());
        using var answer = await Http.PostAsJsonAsync("/admin/login", login, AdminJson.Default.LoginRequest);
        var signedIn = await ReadAsync(answer, AdminJson.Default.LoginResponse);
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", signedIn.Token);
    }

    /// <summary>kill -9.</summary>
    public Task KillControllerAsync() => _controller!.KillAsync();

    /// <summary>Adds an appliance and enrols an agent for it; the agent is online when this returns.</summary>
    /// <param name="source">Backed up as <c>config</c>.</param>
    /// <param name="port">Where the agent dials, when not straight to the controller.</param>
    /// <param name="rateLimit">How fast it may upload, as in agent.json.</param>
    /// <param name="state">Sources of the section <c>state</c>, as in agent.json.</param>
    /// <param name="drill">The section <c>drill</c>, as in agent.json.</param>
    public async Task<AgentUnderTest> AddAgentAsync(
        string name, string source, int? port = null, string? rateLimit = null, string? state = null, string? drill = null)
    {
        using var created = await Http.PostAsJsonAsync("/admin/appliances", new Appliance(null, name), AdminJson.Default.Appliance);
        var appliance = await ReadAsync(created, AdminJson.Default.Appliance);
        using var exported = await Http.PostAsync($"/admin/appliances/{appliance.Id}/export", null);
        var seed = await ReadAsync(exported, AdminJson.Default.Seed);
        if (port is not null)
        {
            seed = seed with { Controllers = [$"https://127.0.0.1:{port}"] };
        }

        var agent = new AgentUnderTest(this, appliance.Id!.Value, Path.Combine(Folder, name), source, rateLimit, state, drill);
        await agent.EnrolAsync(seed);
        agent.Start();
        await agent.OnlineAsync();
        return agent;
    }

    public async Task<Guid> StartBackupAsync(Guid appliance, BackupRequest? request = null)
    {
        using var answer = await Http.PostAsJsonAsync($"/admin/appliances/{appliance}/backup", request ?? new(), AdminJson.Default.BackupRequest);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await ReadAsync(answer, AdminJson.Default.BackupAccepted)).Id;
    }

    public async Task<BackupStatus> StatusAsync(Guid appliance, Guid backup)
    {
        using var answer = await Http.GetAsync($"/admin/appliances/{appliance}/backup/{backup}/status");
        return await ReadAsync(answer, AdminJson.Default.BackupStatus);
    }

    public async Task<Backup> BackupAsync(Guid appliance, Guid backup)
    {
        using var answer = await Http.GetAsync($"/admin/appliances/{appliance}/backups");
        return (await ReadAsync(answer, AdminJson.Default.PagedListBackup)).Data.Single(b => b.Id == backup);
    }

    /// <summary>Polls as clients do: an error is polled again.</summary>
    public async Task<BackupStatus> EndAsync(Guid appliance, Guid backup, TimeSpan? limit = null)
    {
        BackupStatus? status = null;
        await Eventually.TrueAsync(
            async () => (status = await StatusAsync(appliance, backup)).Status == BackupStatusWord.Done,
            limit ?? TimeSpan.FromMinutes(2),
            () => $"the backup did not end: {status}\n{ControllerSaid}");
        return status!;
    }

    /// <summary>Waits for the end, which has to be a success.</summary>
    public async Task SuccessAsync(AgentUnderTest agent, Guid backup)
    {
        var end = await EndAsync(agent.Appliance, backup);
        Assert.True(end.Result == BackupResult.Success, $"{end.Message}: {end.Output}\n--- agent\n{agent.Said}\n--- controller\n{ControllerSaid}");
    }

    /// <summary>Waits until the agent has sent something, so that a fault comes in the middle of an upload.</summary>
    public Task UploadingAsync(Guid appliance, Guid backup) => Eventually.TrueAsync(
        async () => (await BackupAsync(appliance, backup)).Progress is { Phase: BackupPhase.Collecting or BackupPhase.Uploading, Bytes: > 16 << 20 },
        TimeSpan.FromMinutes(1),
        () => "the agent sends nothing:\n" + ControllerSaid);

    public async Task<string> DownloadAsync(Guid appliance, Guid backup)
    {
        var file = Path.Combine(Folder, $"{backup}.gpg");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/admin/appliances/{appliance}/backup/{backup}");
        request.Headers.Accept.ParseAdd("application/vnd.appgate.peer-v23+gpg");
        using var answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await using var output = File.Create(file);
        await answer.Content.CopyToAsync(output);
        return file;
    }

    /// <summary>Opens an archive with gpg, zstd and tar alone; gives the folder.</summary>
    public static async Task<string> OpenWithStockToolsAsync(string archive, string passphrase = Passphrase)
    {
        var folder = Directory.CreateDirectory(archive + ".out").FullName;

        // Not below the archive: gpg's agent has a socket in it, whose path may have no more than 108 bytes.
        var home = Directory.CreateTempSubdirectory("gpg-").FullName;
        try
        {
            await Command.ShellAsync(
                """
                gpg --batch --quiet --pinentry-mode loopback --passphrase-fd 3 --decrypt "$ARCHIVE" 3<<<"$PASSPHRASE" |
                  tar --zstd --xattrs --xattrs-include='*' --acls -x -p
                sha256sum --quiet -c backstay/SHA256SUMS
                gpgconf --kill gpg-agent
                """,
                folder,
                new Dictionary<string, string?>
                {
                    ["ARCHIVE"] = archive,
                    ["PASSPHRASE"] = passphrase.TrimEnd('\n'),
                    ["GNUPGHOME"] = home,
                });
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }

        return folder;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (_controller is not null)
        {
            await _controller.DisposeAsync();
        }

        Http.Dispose();
        await Trees.RemoveAsync(Folder);
    }

    private HttpClient NewHttp()
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
        })
        {
            BaseAddress = Address,
        };
        http.DefaultRequestHeaders.Accept.ParseAdd("application/vnd.appgate.peer-v23+json");
        return http;
    }

    private async Task<bool> IsReadyAsync()
    {
        Assert.False(_controller!.HasExited, ControllerSaid);
        using var answer = await Http.GetAsync("/readyz");
        return answer.IsSuccessStatusCode;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type)
    {
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return (await answer.Content.ReadFromJsonAsync(type))!;
    }
}
