using Backstay.Controller.Storage;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Storage;

/// <summary>The folder store passes the suite.</summary>
public class FolderArchiveStoreTests : ArchiveStoreConformance
{
    private protected string Folder { get; } = Directory.CreateTempSubdirectory("backstay-store-").FullName;

    private protected override Task<IArchiveStore> CreateAsync() =>
        Task.FromResult<IArchiveStore>(new FolderArchiveStore(Options.Create(new FolderStoreOptions { Folder = Folder })));

    [Fact]
    public async Task What_somebody_else_put_there_is_not_listed()
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "incoming", "README"), "not ours");
        await File.WriteAllTextAsync(Path.Combine(Folder, "archives", "README.gpg"), "not ours");
        Assert.False(await Store.ListAsync(CancellationToken.None).GetAsyncEnumerator().MoveNextAsync());
    }

    [Fact]
    public async Task A_sidecar_that_a_crash_left_half_written_is_listed_as_unfinished_and_goes_with_its_abort()
    {
        var key = new ArchiveKey(Guid.NewGuid(), 1);
        var another = key with { Attempt = 2 };
        foreach (var left in (ArchiveKey[])[key, another])
            await File.WriteAllTextAsync(Path.Combine(Folder, "incoming", $"{left}.json.{Guid.NewGuid():N}"), "{");

        List<(ArchiveKey, bool)> listed = [];
        await foreach (var item in Store.ListAsync(CancellationToken.None))
            listed.Add((item.Key, item.Finished));
        Assert.Equivalent((List<(ArchiveKey, bool)>)[(key, false), (another, false)], listed, strict: true);

        await Store.AbortAsync(key, CancellationToken.None);
        await foreach (var item in Store.ListAsync(CancellationToken.None))
            Assert.Equal(another, item.Key);
        Assert.Single(Directory.GetFiles(Path.Combine(Folder, "incoming")));
    }

    public override async ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>It passes, too, when every call fails once with its answer lost and is said again: every call can be repeated.</summary>
public sealed class RepeatedFolderArchiveStoreTests : FolderArchiveStoreTests
{
    private protected override async Task<IArchiveStore> CreateAsync() => new RepeatingStore(await base.CreateAsync(), Moment.After);
}

/// <summary>And when every call fails once before it has done anything.</summary>
public sealed class InterruptedFolderArchiveStoreTests : FolderArchiveStoreTests
{
    private protected override async Task<IArchiveStore> CreateAsync() => new RepeatingStore(await base.CreateAsync(), Moment.Before);
}
