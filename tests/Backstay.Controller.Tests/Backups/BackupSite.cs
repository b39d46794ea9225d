using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Backstay.Controller.Access;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Controller.Settings;
using Backstay.Controller.Tests.Agents;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Backups;

/// <summary>A controller with its backup API enabled, an administrator, and appliances with raw agents.</summary>
internal sealed class BackupSite : IAsyncDisposable
{
    public const string Passphrase = "correct horse battery staple";

    private static readonly Privilege Everything = new(PrivilegeType.All, PrivilegeTarget.All);
    private readonly List<RawAgent> _agents = [];

    private BackupSite(ControllerHost host) => Host = host;

    public ControllerHost Host { get; }

    /// <summary>Signed in, may do everything, speaks the newest version.</summary>
    public HttpClient Admin { get; private set; } = null!;

    public static async Task<BackupSite> StartAsync(
        TimeProvider? time = null,
        Dictionary<string, string?>? settings = null,
        string? folder = null,
        Action<IServiceCollection>? services = null)
    {
        var site = new BackupSite(await ControllerHost.StartAsync(time, settings, folder, services));
        site.Admin = await site.Host.SignInAsync(Everything);
        await site.EnableAsync(true);
        return site;
    }

    public Task EnableAsync(bool enabled) => Host.CatalogAsync(async catalog =>
    {
        var settings = await catalog.Settings.SingleAsync();
        settings.BackupApiEnabled = enabled;
        settings.ProtectedBackupPassphrase ??= Host.Services.GetRequiredService<SecretProtection>()
            .Protect(SecretProtection.BackupPassphrase, Passphrase);
        await catalog.SaveChangesAsync();
    });

    /// <summary>An appliance that is enrolled; its agent isn't connected.</summary>
    public async Task<RawAgent> AddApplianceAsync(string? name = null, string[]? tags = null, bool activated = true)
    {
        var credential = TokenAuthentication.NewToken();
        var now = Host.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        var appliance = new ApplianceEntity
        {
            Id = Guid.NewGuid(),
            Name = name ?? $"gw-{Guid.NewGuid():N}",
            Tags = [.. tags ?? []],
            Created = now,
            Updated = now,
            CredentialHash = activated ? TokenAuthentication.HashOf(credential) : null,
        };
        await Host.CatalogAsync(async catalog =>
        {
            catalog.Appliances.Add(appliance);
            await catalog.SaveChangesAsync();
        });
        return Agent(appliance.Id, credential);
    }

    /// <summary>An agent of an appliance that exists already, for a host that was started again.</summary>
    public RawAgent Agent(Guid applianceId, string credential)
    {
        var agent = new RawAgent(Host.NewClient(credential), applianceId);
        _agents.Add(agent);
        return agent;
    }

    /// <summary>An appliance whose agent is connected.</summary>
    public async Task<RawAgent> AddOnlineAsync(string? name = null, string[]? tags = null)
    {
        var agent = await AddApplianceAsync(name, tags);
        await agent.ConnectAsync();
        return agent;
    }

    public Task<HttpResponseMessage> TryStartAsync(Guid appliance, object? body = null, HttpClient? client = null) =>
        (client ?? Admin).PostAsJsonAsync($"/admin/appliances/{appliance}/backup", body ?? new { });

    public async Task<Guid> StartBackupAsync(RawAgent agent, object? body = null)
    {
        using var response = await TryStartAsync(agent.ApplianceId, body);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);

        // The controller's worker does it in its own time, and a test's clock doesn't wait for it.
        await Host.Services.GetRequiredService<Admission>().AdmitAsync(CancellationToken.None);
        return (await response.Content.ReadFromJsonAsync(AdminJson.Default.BackupAccepted))!.Id;
    }

    public async Task<BackupStatus> StatusAsync(RawAgent agent, Guid backup) =>
        (await Admin.GetFromJsonAsync($"/admin/appliances/{agent.ApplianceId}/backup/{backup}/status", AdminJson.Default.BackupStatus))!;

    /// <summary>A backup that succeeded, and the bytes of its archive.</summary>
    public async Task<(Guid Backup, byte[] Archive)> MakeBackupAsync(RawAgent agent, int size = 10_000)
    {
        var backup = await StartBackupAsync(agent);
        var archive = RandomNumberGenerator.GetBytes(size);
        if (size > 0)
            archive[0] &= 0x7f; // no OpenPGP packet begins so: not by chance either is it a message of another form
        await agent.MakeAsync(backup, archive);
        return (backup, archive);
    }

    /// <summary>A backup that failed.</summary>
    public async Task<Guid> FailBackupAsync(RawAgent agent)
    {
        var backup = await StartBackupAsync(agent);
        var session = await agent.OpenAsync(backup);
        using var response = await agent.FailAsync(backup, session.Attempt);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        return backup;
    }

    public static string Path(RawAgent agent, Guid backup) => $"/admin/appliances/{agent.ApplianceId}/backup/{backup}";

    public Task<BackupEntity?> RowAsync(Guid backup) =>
        Host.CatalogAsync(catalog => catalog.Backups.AsNoTracking().FirstOrDefaultAsync(b => b.Id == backup));

    /// <summary>Sends with an Accept header of one's own.</summary>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? accept = null, object? json = null, HttpClient? client = null, Action<HttpRequestHeaders>? headers = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        if (json is not null)
            request.Content = JsonContent.Create(json);
        headers?.Invoke(request.Headers);
        return (client ?? Admin).SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public static async Task<ApiError> ErrorAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return (await response.Content.ReadFromJsonAsync(AdminJson.Default.ApiError))!;
    }

    /// <summary>Waits for something that the controller does by itself.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await condition())
                return;
            await Task.Delay(50);
        }

        Assert.Fail($"Not within 30 seconds: {what}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
            await agent.DisposeAsync();
        await Host.DisposeAsync();
    }
}
