using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Commands;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Storage;

/// <summary><c>backstay-controller store …</c>, as a process of its own.</summary>
public sealed class StoreCommandTests : IDisposable
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly string _data = Directory.CreateTempSubdirectory("backstay-test-").FullName;

    [Fact]
    public async Task A_folder_that_can_be_used_is_checked_step_by_step()
    {
        var (code, output, _) = await ControllerProgram.RunAsync("store", "check", "--data", _data);
        Assert.Equal(0, code);
        Assert.Contains($"Checking folder {_data}/store", output, StringComparison.Ordinal);
        Assert.Contains("ok      write and sync a file", output, StringComparison.Ordinal);
        Assert.EndsWith("The store can be used.\n", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(_data, "store"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_bucket_that_refuses_ends_the_check_with_the_reason()
    {
        var bucket = await CephBucket.MakeAsync();
        var (good, _, _) = await ControllerProgram.RunAsync(["store", "check", .. Arguments("Storage", bucket)]);
        Assert.Equal(0, good);
        bucket.Bucket = "there-is-none";
        var (code, output, _) = await ControllerProgram.RunAsync(["store", "check", .. Arguments("Storage", bucket)]);
        Assert.Equal(1, code);
        Assert.Contains("FAILED  list the bucket (s3:ListBucket): ", output, StringComparison.Ordinal);
        Assert.Contains("there is no bucket there-is-none", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Archives_are_copied_to_a_bucket_and_only_once()
    {
        var folder = NewFolder("store");
        var key = new ArchiveKey(Guid.NewGuid(), 1);
        await folder.BeginAsync(key, Never);
        var tag = await folder.WritePartAsync(key, new PartSlot(1, 0, 3), new MemoryStream([1, 2, 3]), Never);
        await folder.FinishAsync(key, [new StoredPart(1, 3, tag)], Never);

        var bucket = await CephBucket.MakeAsync();
        string[] copy = ["store", "copy", "--data", _data, .. Arguments("To", bucket)];
        var (warned, first, _) = await ControllerProgram.RunAsync(copy);
        Assert.Equal(3, warned);
        Assert.Contains($"copied   {key} 3 bytes", first, StringComparison.Ordinal);

        await folder.WriteSidecarAsync(key, SidecarOf(key), Never);
        Assert.Equal(0, (await ControllerProgram.RunAsync(copy)).ExitCode);
        var (code, second, _) = await ControllerProgram.RunAsync([.. copy, "--remove-source"]);
        Assert.Equal(0, code);
        Assert.Contains("0 copied, 1 were there already", second, StringComparison.Ordinal);
        Assert.Null(await folder.GetLengthAsync(key, Never));
        using var store = new S3ArchiveStore(new S3Connection(bucket), TimeProvider.System);
        Assert.Equal(3, await store.GetLengthAsync(key, Never));
    }

    [Fact]
    public async Task Archives_that_were_deleted_are_named_and_deleted_from_the_copy_when_asked_by_the_word_of_the_catalog()
    {
        var (folder, copy) = (NewFolder("store"), NewFolder("copy"));
        var (kept, gone) = (new ArchiveKey(Guid.NewGuid(), 1), new ArchiveKey(Guid.NewGuid(), 1));
        foreach (var (store, key) in new[] { (folder, kept), (folder, gone) })
        {
            await store.BeginAsync(key, Never);
            var tag = await store.WritePartAsync(key, new PartSlot(1, 0, 3), new MemoryStream([1, 2, 3]), Never);
            await store.FinishAsync(key, [new StoredPart(1, 3, tag)], Never);
            await store.WriteSidecarAsync(key, SidecarOf(key), Never);
        }

        string[] arguments = ["store", "copy", "--data", _data, $"--To:Folder={_data}/copy"];
        Assert.Equal(0, (await ControllerProgram.RunAsync(arguments)).ExitCode);
        await folder.DeleteAsync(gone, Never);

        var (left, output, _) = await ControllerProgram.RunAsync(arguments);
        Assert.Equal(3, left);
        Assert.Contains($"extra    {gone} 3 bytes", output, StringComparison.Ordinal);
        Assert.Contains("1 in the other store alone", output, StringComparison.Ordinal);

        // Without a catalog nobody knows whether it was deleted, or moved away or lost.
        var (without, _, error) = await ControllerProgram.RunAsync([.. arguments, "--delete-extraneous"]);
        Assert.Equal(1, without);
        Assert.Contains("no catalog", error, StringComparison.Ordinal);
        Assert.NotNull(await copy.GetLengthAsync(gone, Never));

        await MigratedSqlite.CopyAsync(_data);
        Assert.Equal(2, (await ControllerProgram.RunAsync([.. arguments, "--delete-extraneous", "--remove-source"])).ExitCode);
        var (code, deleted, _) = await ControllerProgram.RunAsync([.. arguments, "--delete-extraneous"]);
        Assert.Equal(0, code);
        Assert.Contains($"deleted  {gone} 3 bytes", deleted, StringComparison.Ordinal);
        Assert.Null(await copy.GetLengthAsync(gone, Never));
        Assert.NotNull(await copy.GetLengthAsync(kept, Never));
    }

    [Fact]
    public async Task A_copy_needs_another_store_to_go_to()
    {
        var (none, _, error) = await ControllerProgram.RunAsync("store", "copy", "--data", _data);
        Assert.Equal(1, none);
        Assert.Contains("Name the store to copy to", error, StringComparison.Ordinal);
        var (same, _, _) = await ControllerProgram.RunAsync("store", "copy", "--data", _data, $"--To:Folder={_data}/store");
        Assert.Equal(2, same);
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private FolderArchiveStore NewFolder(string name) =>
        new(Options.Create(new FolderStoreOptions { Folder = Path.Combine(_data, name), MinimumFreeSpace = 0 }));

    private static byte[] SidecarOf(ArchiveKey key)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new ArchiveSidecar(
            1, key.BackupId, key.Attempt, Guid.NewGuid(), "gw", false, false, "test", now, now, now, "1.0", 1, 3,
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([1, 2, 3])),
            new Backstay.Protocol.Agent.UploadSummary([], 0, 0, 0, [])).ToJson();
    }

    private static string[] Arguments(string section, S3StoreOptions options) =>
        [.. CephBucket.SettingsOf(options).Select(setting => $"--{section}{setting.Key["Storage".Length..]}={setting.Value}")];
}
