using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Backstay.Controller.Access;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Storage;
using Backstay.Protocol.Admin;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Backups;

/// <summary>
/// The column <c>download</c> of ADMIN-API's error table for HEAD: the same status as for GET, and not a byte of a body. Read from the
/// connection itself, as an HTTP client passes over what it doesn't expect.
/// </summary>
public sealed class HeadErrorTableTests
{
    [Fact]
    public async Task HEAD_401_without_a_token_and_with_an_unknown_one()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site);
        await AssertHeadAsync(site, BackupSite.Path(agent, backup), 401, token: null);
        await AssertHeadAsync(site, BackupSite.Path(agent, backup), 401, TokenAuthentication.NewToken());
    }

    [Fact]
    public async Task HEAD_403_without_the_privilege_and_outside_of_its_scope()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site);
        var view = new Privilege(PrivilegeType.View, PrivilegeTarget.Appliance);
        var other = new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new(false, [Guid.NewGuid()]));
        foreach (var privilege in new[] { view, other })
            await AssertHeadAsync(site, BackupSite.Path(agent, backup), 403, TokenOf(await site.Host.SignInAsync(privilege)));
    }

    [Fact]
    public async Task HEAD_404_for_an_appliance_or_a_backup_that_does_not_exist_or_is_no_uuid()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, backup) = await DoneAsync(site);
        foreach (var path in new[] { $"{Guid.NewGuid()}/backup/{backup}", $"{agent.ApplianceId}/backup/{Guid.NewGuid()}", $"no-uuid/backup/{backup}" })
            await AssertHeadAsync(site, $"/admin/appliances/{path}", 404, TokenOf(site.Admin));
    }

    [Fact]
    public async Task HEAD_406_for_an_invalid_Accept_before_everything_else()
    {
        await using var site = await BackupSite.StartAsync();
        foreach (var accept in new[] { "application/vnd.appgate.peer-v99+gpg", "text/html" })
            await AssertHeadAsync(site, $"/admin/appliances/{Guid.NewGuid()}/backup/{Guid.NewGuid()}", 406, token: null, $"Accept: {accept}");
    }

    [Fact]
    public async Task HEAD_410_when_the_backup_failed()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.FailBackupAsync(agent);
        await AssertHeadAsync(site, BackupSite.Path(agent, backup), 410, TokenOf(site.Admin));
    }

    [Fact]
    public async Task HEAD_412_while_the_backup_is_being_made_and_when_If_Match_names_something_else()
    {
        await using var site = await BackupSite.StartAsync();
        var (agent, done) = await DoneAsync(site);
        var processing = await site.StartBackupAsync(agent);
        await AssertHeadAsync(site, BackupSite.Path(agent, processing), 412, TokenOf(site.Admin));
        await AssertHeadAsync(site, BackupSite.Path(agent, done), 412, TokenOf(site.Admin), "If-Match: \"another\"");
    }

    [Fact]
    public async Task HEAD_500_for_a_fault_inside()
    {
        await using var site = await BackupSite.StartAsync(services: services => services.AddSingleton<BrokenOnDemand>().AddDbContextFaults());
        var (agent, backup) = await DoneAsync(site);
        site.Host.Services.GetRequiredService<BrokenOnDemand>().Broken = true;
        await AssertHeadAsync(site, BackupSite.Path(agent, backup), 500, TokenOf(site.Admin));
    }

    private static async Task AssertHeadAsync(BackupSite site, string path, int status, string? token, string? header = null)
    {
        var (head, body) = await HeadAsync(site.Host.Address, path, [token is null ? null : $"Authorization: Bearer {token}", header]);
        Assert.Equal(status, int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture));
        Assert.Equal("", body);
    }

    /// <summary>Everything that the controller sends until it closes the connection.</summary>
    private static async Task<(string Head, string Body)> HeadAsync(Uri controller, string path, string?[] headers)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(controller.Host, controller.Port);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        });
        string[] lines = [$"HEAD {path} HTTP/1.1", "Host: localhost", "Connection: close", .. headers.OfType<string>(), "", ""];
        await tls.WriteAsync(Encoding.Latin1.GetBytes(string.Join("\r\n", lines)));
        using var reader = new StreamReader(tls, Encoding.Latin1);
        var answer = (await reader.ReadToEndAsync()).Split("\r\n\r\n", 2);
        return (answer[0], answer[1]);
    }

    private static string TokenOf(HttpClient client) => client.DefaultRequestHeaders.Authorization!.Parameter!;

    private static async Task<(RawAgent Agent, Guid Backup)> DoneAsync(BackupSite site)
    {
        var agent = await site.AddOnlineAsync();
        return (agent, (await site.MakeBackupAsync(agent)).Backup);
    }
}
