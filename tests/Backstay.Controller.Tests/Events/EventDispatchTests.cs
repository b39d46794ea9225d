using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Controller.Notifications;
using Backstay.Controller.Tests.Notifications;
using Backstay.Controller.Tests.Objectives;
using Backstay.Protocol.Admin;
using Backstay.TestServers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Events;

/// <summary>Events on their way to endpoints and into mail.</summary>
public sealed class EventDispatchTests
{
    [Fact]
    public async Task An_endpoint_gets_the_kinds_that_it_wants_signed_and_once_however_many_controllers_send()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await WatchSite.StartAsync(controllers: 2, settings: new(Notifying.LoopbackAllowed));
        var appliance = await site.AddApplianceAsync("gw-1");
        await AddEndpointAsync(site, "pager", receiver.Url, [EventKind.BackupOverdue]);
        await AddEndpointAsync(site, "quiet", receiver.Url + "/quiet", [], paused: true);
        await site.TellAsync(EventKind.BackupOverdue, appliance, "gw-1 is overdue.");
        await site.TellAsync(EventKind.BackupRecovered, appliance, "gw-1 is protected again.");

        await site.DispatchAsync();
        await site.DispatchAsync();

        var received = await receiver.NextAsync();
        Assert.True(received.IsSignedWith((await site.Host.SecretAsync()).Secret));
        var body = JsonSerializer.Deserialize(received.Body, AdminJson.Default.EventNotification)!;
        Assert.Equal(
            ("backup.overdue", appliance, "gw-1", null, "gw-1 is overdue."),
            (body.Type, body.Data.ApplianceId, body.Data.ApplianceName, body.Data.BackupId, body.Data.Message));
        var delivery = Assert.Single(await site.Host.CatalogAsync(catalog => catalog.Deliveries.AsNoTracking().ToListAsync()));
        Assert.Equal((body.Data.EventId, Guid.Empty), (delivery.EventId, delivery.BackupId));
        Assert.All(await site.EventsAsync(), happened => Assert.NotNull(happened.Dispatched));
    }

    [Fact]
    public async Task Events_of_one_moment_go_into_one_mail()
    {
        using var server = await MailServer.StartAsync();
        await using var site = await WatchSite.StartAsync(controllers: 2, settings: Mail(server.Port));
        for (var i = 0; i < 60; i++)
            await site.TellAsync(EventKind.BackupOverdue, null, $"gw-{i} is overdue.\r\nBcc: everyone@example.com");
        await site.TellAsync(EventKind.BackupFailed, null, "Nobody wants to read this.");

        await site.DispatchAsync();

        var delivery = Assert.Single(await site.Host.CatalogAsync(catalog => catalog.Deliveries.AsNoTracking().ToListAsync()));
        await site.Host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        var mail = Assert.Single(await server.MailsAsync());
        var header = mail.ReplaceLineEndings("\n").Split("\n\n")[0].Replace("\n ", " ", StringComparison.Ordinal).Replace("\n\t", " ", StringComparison.Ordinal);
        Assert.Matches(@"Subject: Backstay: gw-\d+ is overdue\.\s+Bcc: everyone@example\.com \(and 59 more\)", header);
        Assert.Contains("To: ops@example.com, boss@example.com", header, StringComparison.Ordinal);
        Assert.Contains($"Message-Id: <{delivery.Id}@example.com>", header, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\nBcc:", header, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("And 10 more.", mail, StringComparison.Ordinal);
        Assert.DoesNotContain("Nobody wants", mail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_that_is_not_taken_is_tried_again()
    {
        using var server = await MailServer.StartAsync(maxBytes: 10);
        await using var site = await WatchSite.StartAsync(settings: Mail(server.Port));
        await site.TellAsync(EventKind.BackupOverdue, null, "gw-1 is overdue.");
        await site.DispatchAsync();

        var delivery = Assert.Single(await site.Host.CatalogAsync(catalog => catalog.Deliveries.AsNoTracking().ToListAsync()));
        var tried = await site.Host.UntilTriedAsync(delivery.Id, 1);

        Assert.Equal((DeliveryState.Pending, 552), (tried.State, tried.Tries[0].StatusCode));
        Assert.True(tried.NextTry > site.Time.GetUtcNow());
        Assert.Empty(await server.MailsAsync());
    }

    [Fact]
    public async Task A_server_that_can_not_be_spoken_to_privately_gets_nothing_and_one_that_is_away_is_told_of()
    {
        using var server = await MailServer.StartAsync();
        var settings = Mail(server.Port);
        settings["Mail:Security"] = "startTls";
        await using var site = await WatchSite.StartAsync(settings: settings);
        await site.TellAsync(EventKind.BackupOverdue, null, "gw-1 is overdue.");
        await site.DispatchAsync();
        var delivery = await site.Host.CatalogAsync(catalog => catalog.Deliveries.AsNoTracking().SingleAsync());
        var sender = site.Host.Services.GetRequiredService<MailSender>();

        Assert.Equal(TryEnd.NotTaken, (await sender.TryAsync(delivery, CancellationToken.None)).End);
        Assert.Empty(await server.MailsAsync());
        server.Dispose();
        Assert.Equal(TryEnd.Unreachable, (await sender.TryAsync(delivery, CancellationToken.None)).End);
    }

    [Theory]
    [InlineData("startTls")]
    [InlineData("tls")]
    public async Task A_server_whose_certificate_nobody_vouches_for_gets_neither_mail_nor_password(string security)
    {
        using var server = await MailServer.StartAsync(security: security);
        var passwordFile = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(passwordFile, MailServer.Password);
            var settings = Mail(server.Port);
            settings["Mail:Host"] = "localhost";
            settings["Mail:Security"] = security;
            settings["Mail:Username"] = MailServer.User;
            settings["Mail:PasswordFile"] = passwordFile;
            await using var site = await WatchSite.StartAsync(settings: settings);
            await site.TellAsync(EventKind.BackupOverdue, null, "gw-1 is overdue.");
            await site.DispatchAsync();
            var delivery = await site.Host.CatalogAsync(catalog => catalog.Deliveries.AsNoTracking().SingleAsync());

            var outcome = await site.Host.Services.GetRequiredService<MailSender>().TryAsync(delivery, CancellationToken.None);

            Assert.Equal(TryEnd.Unreachable, outcome.End);
            Assert.Contains("certificate", outcome.Error, StringComparison.Ordinal);
            Assert.Empty(await server.MailsAsync());
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    [Fact]
    public async Task Events_go_when_their_time_is_over_and_never_before_they_were_sent()
    {
        await using var site = await WatchSite.StartAsync(settings: new() { ["Events:RetentionDays"] = "30" });
        await site.TellAsync(EventKind.BackupFailed, null, "old");
        site.Time.Advance(TimeSpan.FromDays(31));
        var dispatch = site.Host.Services.GetRequiredService<EventDispatch>();

        Assert.Equal(0, await dispatch.ForgetAsync(CancellationToken.None));
        await site.DispatchAsync();
        await site.TellAsync(EventKind.BackupFailed, null, "new");
        Assert.Equal(1, await dispatch.ForgetAsync(CancellationToken.None));
        Assert.Equal("new", Assert.Single(await site.EventsAsync()).Message);
    }

    private static Dictionary<string, string?> Mail(int port) => new()
    {
        ["Mail:Host"] = "127.0.0.1",
        ["Mail:Port"] = $"{port}",
        ["Mail:Security"] = "none",
        ["Mail:From"] = "Backstay <backstay@example.com>",
        ["Mail:To:0"] = "\"Operations, all\" <ops@example.com>",
        ["Mail:To:1"] = "boss@example.com",
        ["Mail:Kinds:0"] = "backup.overdue",
    };

    private static Task AddEndpointAsync(WatchSite site, string name, string url, List<EventKind> kinds, bool paused = false) =>
        site.Host.CatalogAsync(async catalog =>
        {
            catalog.EventEndpoints.Add(new EventEndpointEntity
            {
                Id = Guid.NewGuid(),
                Name = name,
                Url = url,
                Kinds = kinds,
                Paused = paused,
                Created = site.Time.GetUtcNow(),
                Updated = site.Time.GetUtcNow(),
            });
            await catalog.SaveChangesAsync();
        });
}
