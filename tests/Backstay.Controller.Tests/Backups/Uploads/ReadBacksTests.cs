using System.Security.Cryptography;
using Backstay.Controller.Backups.Uploads;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Backups.Uploads;

/// <summary>Readings go on without the call that began them, and are found by the next.</summary>
public sealed class ReadBacksTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_reading_that_took_hours_is_found_when_the_agent_asks_again()
    {
        await using var host = await ControllerHost.StartAsync(_time, services: FaultyStore.Around);
        var (key, archive) = await StoredAsync(host);
        var plan = host.Services.GetRequiredService<FaultPlan>();
        var readBacks = host.Services.GetRequiredService<ReadBacks>();
        plan.Hang(nameof(IArchiveStore.OpenReadAsync));
        using (var gone = new CancellationTokenSource())
        {
            var asked = readBacks.DigestAsync(key, archive.Length, gone.Token);
            await BackupSite.EventuallyAsync(() => Task.FromResult(plan.Hanging == 1), "it is read");
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }

        _time.Advance(TimeSpan.FromHours(3));
        plan.Hang();
        await BackupSite.EventuallyAsync(() => Task.FromResult(readBacks.Running == 0), "it is read to its end");

        // What begins another reading drops those that nobody asks for any more.
        var (other, bytes) = await StoredAsync(host);
        await readBacks.DigestAsync(other, bytes.Length, CancellationToken.None);
        plan.FailNext(nameof(IArchiveStore.OpenReadAsync), Moment.Before);
        Assert.Equal(SHA256.HashData(archive), await readBacks.DigestAsync(key, archive.Length, CancellationToken.None));
    }

    [Fact]
    public async Task Only_a_few_archives_are_read_at_the_same_time_and_all_of_them_in_turn()
    {
        await using var host = await ControllerHost.StartAsync(_time, services: FaultyStore.Around);
        List<(ArchiveKey Key, byte[] Archive)> stored = [];
        for (var i = 0; i < 12; i++)
            stored.Add(await StoredAsync(host));
        var plan = host.Services.GetRequiredService<FaultPlan>();
        var readBacks = host.Services.GetRequiredService<ReadBacks>();
        plan.Hang(nameof(IArchiveStore.OpenReadAsync));
        var readings = stored.ConvertAll(archive => readBacks.DigestAsync(archive.Key, archive.Archive.Length, CancellationToken.None));
        await BackupSite.EventuallyAsync(() => Task.FromResult(plan.Hanging == 8), "eight of them are read");
        Assert.Equal(12, readBacks.Running);
        plan.Hang();
        for (var i = 0; i < stored.Count; i++)
            Assert.Equal(SHA256.HashData(stored[i].Archive), await readings[i]);
        Assert.Equal(8, plan.MostHanging);
    }

    private static async Task<(ArchiveKey Key, byte[] Archive)> StoredAsync(ControllerHost host)
    {
        var store = host.Services.GetRequiredService<OpenedStore>().Store;
        var (key, archive) = (new ArchiveKey(Guid.NewGuid(), 1), RandomNumberGenerator.GetBytes(1000));
        await store.BeginAsync(key, CancellationToken.None);
        var slot = new PartSlot(1, 0, archive.Length, SHA256.HashData(archive));
        var tag = await store.WritePartAsync(key, slot, new MemoryStream(archive), CancellationToken.None);
        await store.FinishAsync(key, [new StoredPart(1, archive.Length, tag)], CancellationToken.None);
        return (key, archive);
    }
}
