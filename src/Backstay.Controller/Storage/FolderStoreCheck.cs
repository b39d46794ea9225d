using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Storage;

/// <summary>The folder can be written, made durable and read by this user, and has room.</summary>
internal sealed class FolderStoreCheck(FolderArchiveStore store, IOptions<FolderStoreOptions> options) : IStoreCheck
{
    public async IAsyncEnumerable<StoreFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folder = Path.GetFullPath(options.Value.Folder);
        var probe = Path.Combine(folder, $".probe-{Guid.NewGuid():N}");
        var bytes = Guid.NewGuid().ToByteArray();
        var tries = new (string What, Action Try)[]
        {
            ($"write and sync a file in {folder}", () =>
            {
                using var file = File.OpenHandle(probe, FileMode.CreateNew, FileAccess.Write);
                RandomAccess.Write(file, bytes, 0);
                DurableFile.SyncData(file);
                RandomAccess.FlushToDisk(file);
            }),
            ("rename it and sync the folder", () =>
            {
                File.Move(probe, probe + ".gpg", overwrite: false);
                DurableFile.SyncFolder(folder);
            }),
            ("read it back", () =>
            {
                if (!File.ReadAllBytes(probe + ".gpg").AsSpan().SequenceEqual(bytes))
                    throw new IOException("Other bytes came back than were written.");
            }),
            ("delete it", () => File.Delete(probe + ".gpg")),
        };
        foreach (var (what, attempt) in tries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var finding = Tried(what, attempt);
            yield return finding;
            if (finding.Fault is null)
                continue;

            Tried("clean up", () =>
            {
                File.Delete(probe);
                File.Delete(probe + ".gpg");
            });
            yield break;
        }

        yield return Room((await store.GetFreeSpaceAsync(cancellationToken))!.Value, options.Value.MinimumFreeSpace);
    }

    private static StoreFinding Tried(string what, Action attempt)
    {
        try
        {
            FileFaults.Guarded(what, attempt);
            return new StoreFinding(what);
        }
        catch (ArchiveStoreException exception)
        {
            return new StoreFinding(
                what, Fault: new StoreCheckFault($"{exception.InnerException!.Message} Give the controller's user the folder, and room.", Lasting: true));
        }
    }

    private static StoreFinding Room(long free, long reserve)
    {
        var words = string.Create(CultureInfo.InvariantCulture, $"{free} bytes are free, {reserve} of them stay reserved");
        return new StoreFinding("have room", Detail: words)
        {
            Fault = free > reserve ? null : new StoreCheckFault($"{words}. Make room, or move the store.", Lasting: false),
        };
    }
}
