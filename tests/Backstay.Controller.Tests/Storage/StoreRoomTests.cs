using System.Net;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Storage;

/// <summary>A store that fills up warns, then takes no new backup, then no part beyond its quota; and goes on when there is room again.</summary>
public sealed class StoreRoomTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = Validated();
        Assert.Equal((null, 80, 95), (options.Bytes, options.WarnAtPercent, options.RefuseAtPercent));
    }

    [Theory]
    [InlineData("Bytes", "1048575")]
    [InlineData("WarnAtPercent", "0")]
    [InlineData("RefuseAtPercent", "101")]
    [InlineData("RefuseAtPercent", "79")]
    public void A_setting_that_cannot_be_stops_the_start_and_is_named(string key, string value)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Validated((key, value)));
        Assert.Contains(key, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_beyond_the_quota_fails_its_backup_and_there_is_room_for_the_next_one_at_once()
    {
        await using var site = await StartAsync(10 * MiB);
        var agent = await site.AddOnlineAsync();
        var (older, archive) = await site.MakeBackupAsync(agent, 1 * MiB);
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        using (var first = await agent.PutPartAsync(backup, 1, 1, new byte[8 * MiB]))
            Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        using (var second = await agent.PutPartAsync(backup, 1, 2, new byte[2 * MiB]))
            Assert.Equal(ErrorIds.StoreFull, (await BackupSite.ErrorAsync(second, HttpStatusCode.InsufficientStorage)).Id);

        var row = (await site.RowAsync(backup))!;
        Assert.Equal((BackupState.Failed, FailureReason.StoreFull), (row.State, row.Reason));
        Assert.Contains("Storage:Quota:Bytes", row.Output, StringComparison.Ordinal);
        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, older)));
        await site.MakeBackupAsync(agent, 8 * MiB);
    }

    [Fact]
    public async Task Parts_at_the_same_moment_do_not_share_the_last_room()
    {
        await using var site = await StartAsync(10 * MiB);
        var agents = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => site.AddOnlineAsync()));
        var backups = await Task.WhenAll(agents.Select(async agent =>
        {
            var backup = await site.StartBackupAsync(agent);
            await agent.OpenAsync(backup);
            return (Agent: agent, Backup: backup);
        }));
        var answers = await Task.WhenAll(backups.Select(b => b.Agent.PutPartAsync(b.Backup, 1, 1, new byte[4 * MiB])));

        Assert.InRange(answers.Count(a => a.StatusCode == HttpStatusCode.NoContent), 1, 2);
        Assert.All(
            answers.Where(a => a.StatusCode != HttpStatusCode.NoContent),
            answer => Assert.Equal(HttpStatusCode.InsufficientStorage, answer.StatusCode));
    }

    [Fact]
    public async Task A_store_that_is_all_but_full_takes_no_new_backup_until_there_is_room()
    {
        await using var site = await StartAsync(10 * MiB);
        var agent = await site.AddOnlineAsync();
        var (older, _) = await site.MakeBackupAsync(agent, 9 * MiB);
        var accepted = await site.StartBackupAsync(agent); // 90 %: a warning only
        await MeasureAsync(site);
        Assert.Contains("\"store-room\":\"degraded\"", await site.Host.Http.GetStringAsync("/readyz"), StringComparison.Ordinal);

        await agent.OpenAsync(accepted);
        using (var part = await agent.PutPartAsync(accepted, 1, 1, new byte[MiB - 1000]))
            Assert.Equal(HttpStatusCode.NoContent, part.StatusCode);
        await MeasureAsync(site);
        var other = await site.AddOnlineAsync();
        using (var refused = await site.TryStartAsync(other.ApplianceId))
        {
            Assert.Equal(ErrorIds.StoreFull, (await BackupSite.ErrorAsync(refused, HttpStatusCode.ServiceUnavailable)).Id);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        // The one that runs may end.
        using (var completed = await agent.CompleteAsync(accepted, 1, new byte[MiB - 1000]))
            Assert.Equal(HttpStatusCode.NoContent, completed.StatusCode);

        // No old measurement keeps anybody out.
        using (var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, older)))
            Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        await BackupSite.EventuallyAsync(async () => await site.RowAsync(older) is null, "the store has let go of it");
        await site.MakeBackupAsync(other);
        Assert.Contains("\"store-room\":\"healthy\"", await site.Host.Http.GetStringAsync("/readyz"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_whose_store_filled_up_while_it_waited_fails_when_its_agent_begins()
    {
        await using var site = await StartAsync(10 * MiB);
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        var other = await site.AddApplianceAsync();
        await site.Host.AddBackupAsync(other.ApplianceId, BackupState.Succeeded);
        await site.Host.CatalogAsync(catalog => catalog.Backups
            .Where(b => b.ApplianceId == other.ApplianceId).ExecuteUpdateAsync(set => set.SetProperty(b => b.Size, 10 * MiB)));
        await MeasureAsync(site);

        using (var refused = await agent.TryOpenAsync(backup))
            Assert.Equal(ErrorIds.StoreFull, (await BackupSite.ErrorAsync(refused, HttpStatusCode.InsufficientStorage)).Id);
        Assert.Equal(FailureReason.StoreFull, (await site.RowAsync(backup))!.Reason);
    }

    private static Task<BackupSite> StartAsync(long quota) =>
        BackupSite.StartAsync(settings: new() { ["Storage:Quota:Bytes"] = $"{quota}" });

    private static Task MeasureAsync(BackupSite site) => site.Host.Services.GetRequiredService<StoreRoom>().MeasureAsync(CancellationToken.None);

    private static QuotaOptions Validated(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"{QuotaOptions.Section}:{s.Key}", (string?)s.Value)))
            .Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddStorage().BuildServiceProvider();
        return services.GetRequiredService<IOptions<QuotaOptions>>().Value;
    }
}
