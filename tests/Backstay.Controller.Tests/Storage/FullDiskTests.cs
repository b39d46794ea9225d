using System.Net;
using System.Security.Cryptography;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Backstay.TestServers;

namespace Backstay.Controller.Tests.Storage;

/// <summary>A full disk is a reason, not a crash: what was stored stays, and with room there is service again.</summary>
public sealed class FullDiskTests
{
    private const int PartSize = 8 * 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1024 * 1024)]
    public async Task A_disk_that_gets_full_fails_the_backup_and_leaves_older_archives_intact(int reserve)
    {
        using var disk = SmallDisk.Mount(megabytes: 30);
        await using var site = await StartAsync(disk, reserve);
        var agent = await site.AddOnlineAsync();
        var (older, archive) = await site.MakeBackupAsync(agent, 1_000_000);
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        var refused = await FillAsync(agent, backup);

        Assert.Equal(ErrorIds.StoreFull, (await BackupSite.ErrorAsync(refused, HttpStatusCode.InsufficientStorage)).Id);
        var row = (await site.RowAsync(backup))!;
        Assert.Equal((BackupState.Failed, FailureReason.StoreFull), (row.State, row.Reason));
        Assert.Contains("room", (await site.StatusAsync(agent, backup)).Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(disk.Folder, "incoming")));
        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, older)));

        // The room that the failed backup had taken is there again.
        await site.MakeBackupAsync(agent, 2_000_000);
    }

    [Fact]
    public async Task A_backup_is_not_begun_without_the_reserve_and_works_once_there_is_room()
    {
        using var disk = SmallDisk.Mount(megabytes: 30);
        await using var site = await StartAsync(disk, 10 * 1024 * 1024);
        var agent = await site.AddOnlineAsync();
        var ballast = Path.Combine(disk.Folder, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[25 * 1024 * 1024]);
        var backup = await site.StartBackupAsync(agent);
        using (var refused = await agent.TryOpenAsync(backup))
            Assert.Equal(ErrorIds.StoreFull, (await BackupSite.ErrorAsync(refused, HttpStatusCode.InsufficientStorage)).Id);
        Assert.Equal(FailureReason.StoreFull, (await site.RowAsync(backup))!.Reason);
        File.Delete(ballast);
        await site.MakeBackupAsync(agent);
    }

    [Fact]
    public async Task The_kernel_saying_no_space_is_full_too_and_an_older_part_stays_whole()
    {
        using var disk = SmallDisk.Mount(megabytes: 20);
        var store = new FolderArchiveStore(Microsoft.Extensions.Options.Options.Create(new FolderStoreOptions { Folder = disk.Folder, MinimumFreeSpace = 0 }));
        var key = new ArchiveKey(Guid.NewGuid(), 1);
        await store.BeginAsync(key, CancellationToken.None);
        var bytes = RandomNumberGenerator.GetBytes(PartSize);
        var tag = await store.WritePartAsync(key, new PartSlot(1, 0, PartSize), new MemoryStream(bytes), CancellationToken.None);
        var filled = false;
        var filling = new CallbackStream(bytes, () =>
        {
            // The check before has passed; the room goes while the part is on its way.
            if (!filled)
                File.WriteAllBytes(Path.Combine(disk.Folder, "ballast"), new byte[10 * 1024 * 1024]);
            filled = true;
        });
        var fault = await Assert.ThrowsAsync<ArchiveStoreException>(
            () => store.WritePartAsync(key, new PartSlot(2, PartSize, PartSize), filling, CancellationToken.None));
        Assert.Equal(StoreFault.Full, fault.Fault);
        await store.FinishAsync(key, [new StoredPart(1, PartSize, tag)], CancellationToken.None);
        await using var stored = await store.OpenReadAsync(key, 0, PartSize, CancellationToken.None);
        using var copy = new MemoryStream();
        await stored.CopyToAsync(copy);
        Assert.Equal(bytes, copy.ToArray());
    }

    private static Task<BackupSite> StartAsync(SmallDisk disk, int reserve) => BackupSite.StartAsync(settings: new()
    {
        ["Storage:Folder"] = disk.Folder,
        ["Storage:MinimumFreeSpace"] = $"{reserve}",
    });

    private static async Task<HttpResponseMessage> FillAsync(RawAgent agent, Guid backup)
    {
        var part = RandomNumberGenerator.GetBytes(PartSize);
        for (var number = 1; number < 10; number++)
        {
            var response = await agent.PutPartAsync(backup, 1, number, part);
            if (response.StatusCode != HttpStatusCode.NoContent)
                return response;
        }

        throw new InvalidOperationException("The disk did not get full.");
    }

    private sealed class CallbackStream(byte[] bytes, Action onRead) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            onRead();
            return base.ReadAsync(buffer, cancellationToken);
        }
    }
}
