using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Verification;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Storage;

/// <summary>
/// The whole path of an upload over a store that fails, stops half-way, dawdles and lies, while orphans are swept without mercy; and then the loss
/// of the catalog.
/// </summary>
public sealed class LyingStoreTests
{
    private const int Operations = 10_000;
    private const int Successes = 100;
    private const int Agents = 8;
    private const uint Seed = 20260731;

    /// <summary>Every so many archives, one has two parts.</summary>
    private const int TwoParts = 20;

    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task In_ten_thousand_operations_of_a_store_that_fails_and_lies_no_success_is_false()
    {
        await using var site = await BackupSite.StartAsync(services: services =>
        {
            services.AddLogging(logging => logging.ClearProviders()); // thousands of faults, each with its line
            services.AddSingleton(provider => new LyingStore(provider.GetRequiredService<OpenedStore>().Store, Seed));
            services.AddSingleton<IArchiveStore>(provider => provider.GetRequiredService<LyingStore>());
            VerificationSite.Idle(services);
        });
        var store = site.Host.Services.GetRequiredService<LyingStore>();
        var tally = new Tally();
        var working = Task.WhenAll(Enumerable.Range(0, Agents).Select(_ => Task.Run(() => WorkAsync(site, store, tally))));
        while (!working.IsCompleted)
        {
            await TryAsync(() => SweepAsync(site));
            await site.Host.Services.GetRequiredService<StoreRoom>().MeasureAsync(Never);
            await CarryAsync(site);
        }

        var sent = (await working).SelectMany(b => b).ToDictionary();
        store.Mischievous = false;
        await CarryAsync(site);
        var before = await site.Host.CatalogAsync(catalog => catalog.Backups.AsNoTracking().ToDictionaryAsync(b => b.Id));
        var succeeded = sent.Keys.Where(backup => before[backup].State == BackupState.Succeeded).ToList();
        foreach (var backup in succeeded)
            await AssertWholeAsync(site, before[backup], sent[backup]);

        // The catalog is lost: not a lie about what there is may cost an archive, and none may be listed as what it isn't.
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteDeleteAsync());
        store.Mischievous = true;
        while (Unmet(store, nameof(IArchiveStore.ListAsync), nameof(IArchiveStore.ListSidecarsAsync)).Any())
        {
            await TryAsync(() => SweepAsync(site));
            await TryAsync(() => RebuildAsync(site));
        }

        store.Mischievous = false;
        await RebuildAsync(site);
        foreach (var backup in succeeded)
        {
            var again = (await site.RowAsync(backup))!;
            Assert.Equal((before[backup].LockedUntil, before[backup].ProtectionVersion), (again.LockedUntil, again.ProtectionVersion));
            await AssertWholeAsync(site, again, sent[backup]);
        }

        Assert.All(sent.Keys.Except(succeeded), backup => Assert.NotNull(before[backup].Reason));
        Assert.InRange(store.Calls, Operations, int.MaxValue);
        Assert.InRange(succeeded.Count, Successes, int.MaxValue);
        Assert.Contains(succeeded, backup => before[backup].Parts == 2);
        Assert.Contains(succeeded, backup => before[backup].LockedUntil is not null);
        Assert.Contains(before.Values, row => row.Reason is FailureReason.Integrity); // parts that were acknowledged and kept as other bytes
        Assert.Empty(Unmet(store, [.. typeof(IArchiveStore).GetMethods().Select(method => method.Name)]));
    }

    private static IEnumerable<string> Unmet(LyingStore store, params string[] calls) =>
        from call in calls
        from mischief in (string[])["FailBefore", "FailAfter", "Delay", "Half", "Lie"]
        where !store.Injected.ContainsKey($"{call} {mischief}")
        select $"{call} was never met by {mischief}";

    private static async Task AssertWholeAsync(BackupSite site, BackupEntity row, Sent sent)
    {
        Assert.Equal(BackupState.Succeeded, row.State);
        var store = site.Host.Services.GetRequiredService<IArchiveStore>();
        var sidecar = ArchiveSidecar.FromJson((await store.ReadSidecarAsync(new ArchiveKey(row.Id, row.Attempt), Never))!);
        Assert.Equal((sent.Sha256, row.LockedUntil), (sidecar.Sha256, sidecar.Protection?.LockedUntil));
        await using var archive = await site.Admin.GetStreamAsync(BackupSite.Path(sent.Agent, row.Id));
        Assert.Equal(sent.Sha256, Convert.ToHexStringLower(await SHA256.HashDataAsync(archive)));
    }

    /// <summary>As if everything had lain there for long: what it spares, it spares for its row alone.</summary>
    private static async Task SweepAsync(BackupSite site)
    {
        var later = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(2));
        using var sweep = ActivatorUtilities.CreateInstance<OrphanSweep>(site.Host.Services, later);
        await sweep.SweepAsync(Never);
    }

    private static async Task RebuildAsync(BackupSite site)
    {
        await using var scope = site.Host.Services.CreateAsyncScope();
        await ActivatorUtilities.CreateInstance<CatalogRebuild>(scope.ServiceProvider).RunAsync(_ => { }, (_, _) => { }, Never);
    }

    private static async Task CarryAsync(BackupSite site)
    {
        await using var scope = site.Host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<StoredProtection>().CarryAllAsync(Never);
    }

    /// <summary>What a store that fails stops is done again by who began it.</summary>
    private static async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (ArchiveStoreException)
        {
        }
    }

    /// <summary>Backups one after the other, as an agent makes them: what isn't acknowledged is said again.</summary>
    private static async Task<Dictionary<Guid, Sent>> WorkAsync(BackupSite site, LyingStore store, Tally tally)
    {
        Dictionary<Guid, Sent> sent = [];
        var agent = await site.AddOnlineAsync();
        for (var made = 1; store.Calls < Operations || !tally.IsEnough; made++)
        {
            var backup = await site.StartBackupAsync(agent);
            var archive = RandomNumberGenerator.GetBytes((made % TwoParts == 0 ? (int)PartPlan.Default.SizeOf(1) : 0) + 2000);
            sent[backup] = new Sent(agent, Convert.ToHexStringLower(SHA256.HashData(archive)));
            if (!await SendAsync(agent, backup, archive))
                continue;

            // Reads, locks and deletions, too, while the store misbehaves; what they answered is known for sure only afterwards.
            try
            {
                // On a connection of its own: what fails after the last byte cuts a connection that another request may be on by then.
                using var request = new HttpRequestMessage(HttpMethod.Get, BackupSite.Path(agent, backup)) { Headers = { ConnectionClose = true } };
                using var read = await site.Admin.SendAsync(request);
            }
            catch (HttpRequestException)
            {
                // cut off, because the store stopped in the middle: loud enough
            }

            for (var hours = 1; made % 2 == 0 && hours <= 4; hours++)
            {
                var wish = new LockRequest(TimeProvider.System.GetUtcNow().AddHours(hours));
                using var locked = await site.Admin.PutAsJsonAsync(BackupSite.Path(agent, backup) + "/lock", wish, AdminJson.Default.LockRequest);
                Assert.Equal(HttpStatusCode.OK, locked.StatusCode);
            }

            if (made % 5 == 1)
            {
                using var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup));
                if (made % 2 == 0)
                {
                    Assert.Equal(HttpStatusCode.PreconditionFailed, deleted.StatusCode);
                    continue;
                }

                Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
                sent.Remove(backup);
                continue;
            }

            tally.Add(inTwoParts: made % TwoParts == 0);
        }

        return sent;
    }

    /// <summary>False: the controller has ended the backup.</summary>
    private static async Task<bool> SendAsync(RawAgent agent, Guid backup, byte[] archive)
    {
        var attempt = 0;
        foreach (var step in (Func<Task<HttpResponseMessage>>[])
        [
            () => agent.TryOpenAsync(backup),
            .. RawAgent.Split(archive).Select(part => (Func<Task<HttpResponseMessage>>)(() => agent.PutPartAsync(backup, attempt, part.Number, part.Bytes))),
            () => agent.CompleteAsync(backup, attempt, archive),
        ])
        {
            while (true)
            {
                using var response = await step();
                if (response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.InsufficientStorage)
                    return false;
                if (!response.IsSuccessStatusCode)
                {
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
                    continue;
                }

                if (attempt == 0)
                    attempt = (await response.Content.ReadFromJsonAsync(AgentJson.Default.UploadSession))!.Attempt;
                break;
            }
        }

        return true;
    }

    /// <summary>What all agents made that stayed. Sweeps call the store, too: how many of the operations were theirs is up to chance.</summary>
    private sealed class Tally
    {
        private int _stayed;
        private int _inTwoParts;

        public bool IsEnough => Volatile.Read(ref _stayed) >= Successes && Volatile.Read(ref _inTwoParts) > 0;

        public void Add(bool inTwoParts)
        {
            Interlocked.Increment(ref _stayed);
            if (inTwoParts)
                Interlocked.Increment(ref _inTwoParts);
        }
    }

    private sealed record Sent(RawAgent Agent, string Sha256);
}
