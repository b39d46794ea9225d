using System.Net;
using System.Security.Cryptography;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Backstay.Controller.Tests.Storage;

/// <summary>The whole path of an upload over a store that fails, stops half-way, dawdles and lies.</summary>
public sealed class LyingStoreTests
{
    private const int Operations = 10_000;
    private const int Agents = 8;
    private const uint Seed = 20260731;

    [Fact]
    public async Task In_ten_thousand_operations_of_a_store_that_fails_and_lies_no_success_is_false()
    {
        await using var site = await BackupSite.StartAsync(services: services =>
        {
            services.AddLogging(logging => logging.ClearProviders()); // thousands of faults, each with its line
            services.AddSingleton(provider => new LyingStore(provider.GetRequiredService<OpenedStore>().Store, Seed));
            services.AddSingleton<IArchiveStore>(provider => provider.GetRequiredService<LyingStore>());
        });
        var store = site.Host.Services.GetRequiredService<LyingStore>();
        var sent = (await Task.WhenAll(Enumerable.Range(0, Agents).Select(_ => Task.Run(() => WorkAsync(site, store))))).SelectMany(b => b).ToDictionary();
        store.Mischievous = false;

        var (succeeded, refused) = (0, 0);
        foreach (var (backup, (agent, archive)) in sent)
        {
            var row = (await site.RowAsync(backup))!;
            if (row.State == BackupState.Failed)
            {
                Assert.NotNull(row.Reason);
                refused += row.Reason is FailureReason.Integrity ? 1 : 0;
                continue;
            }

            Assert.Equal(BackupState.Succeeded, row.State);
            var key = new ArchiveKey(backup, row.Attempt);
            var sidecar = ArchiveSidecar.FromJson((await store.ReadSidecarAsync(key, CancellationToken.None))!);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(archive)), sidecar.Sha256);
            Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
            succeeded++;
        }

        Assert.InRange(store.Calls, Operations, int.MaxValue);
        Assert.InRange(succeeded, 100, int.MaxValue);
        Assert.InRange(refused, 1, int.MaxValue); // parts that were acknowledged and kept as other bytes
        foreach (var call in (string[])
        [
            nameof(IArchiveStore.BeginAsync), nameof(IArchiveStore.HoldPartAsync), nameof(IArchiveStore.WritePartAsync), nameof(IArchiveStore.FinishAsync), nameof(IArchiveStore.AbortAsync),
            nameof(IArchiveStore.GetLengthAsync), nameof(IArchiveStore.OpenReadAsync), nameof(IArchiveStore.WriteSidecarAsync),
            nameof(IArchiveStore.ReadSidecarAsync), nameof(IArchiveStore.DeleteAsync),
        ])
        {
            foreach (var mischief in (string[])["FailBefore", "FailAfter", "Delay", "Half", "Lie"])
                Assert.True(store.Injected.ContainsKey($"{call} {mischief}"), $"{call} was never met by {mischief}.");
        }
    }

    /// <summary>Backups one after the other, as an agent makes them: what isn't acknowledged is said again.</summary>
    private static async Task<Dictionary<Guid, (RawAgent, byte[])>> WorkAsync(BackupSite site, LyingStore store)
    {
        Dictionary<Guid, (RawAgent, byte[])> sent = [];
        var agent = await site.AddOnlineAsync();
        while (store.Calls < Operations)
        {
            var backup = await site.StartBackupAsync(agent);
            var archive = RandomNumberGenerator.GetBytes(2000);
            sent[backup] = (agent, archive);
            if (!await SendAsync(agent, backup, archive))
                continue;

            // Reads and deletions, too, while the store misbehaves; what they answered is known for sure only afterwards.
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

            if (sent.Count % 5 == 0)
            {
                using var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup));
                Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
                sent.Remove(backup);
            }
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
            () => agent.PutPartAsync(backup, attempt, 1, archive),
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
                    attempt = (await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync(
                        response.Content, Backstay.Protocol.Agent.AgentJson.Default.UploadSession))!.Attempt;
                break;
            }
        }

        return true;
    }
}
