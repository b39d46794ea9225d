using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Backstay.Controller.Storage;

/// <summary>
/// Archives in a folder:
/// <code>
/// incoming/BACKUP.ATTEMPT              parts at their offsets, until finished
/// incoming/BACKUP.ATTEMPT.json.RANDOM  a sidecar that is being written
/// archives/BACKUP.ATTEMPT.gpg          finished
/// archives/BACKUP.ATTEMPT.json         its sidecar
/// archives/store-id                    which store this is (<see cref="IStoreMarker"/>)
/// </code>
/// A part is acknowledged after fdatasync. The folder may be shared by several controllers: a writer of a part holds a lock on its
/// bytes (docs/decisions/0056). Finishing is fsync → rename → fsync of the folders.
/// </summary>
internal sealed class FolderArchiveStore : IArchiveStore
{
    private const int BufferSize = 128 * 1024;
    private const string ArchiveExtension = ".gpg";
    private const string SidecarExtension = ".json";

    private readonly string _incoming;
    private readonly string _archives;
    private readonly long _minimumFreeSpace;

    /// <exception cref="ArchiveStoreException">The folder can't be made.</exception>
    public FolderArchiveStore(IOptions<FolderStoreOptions> options)
    {
        var root = Path.GetFullPath(options.Value.Folder);
        _incoming = Path.Combine(root, "incoming");
        _archives = Path.Combine(root, "archives");
        _minimumFreeSpace = options.Value.MinimumFreeSpace;
        FileFaults.Guarded($"make {root}", () =>
        {
            foreach (var folder in (string[])[root, _incoming, _archives])
                MakeFolder(folder);
        });
    }

    public Task BeginAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        FileFaults.Guarded($"begin {key}", () =>
        {
            RequireRoom(0);
            if (File.Exists(ArchivePath(key)))
                return;

            using (File.OpenHandle(IncomingPath(key), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            {
            }

            DurableFile.SyncFolder(_incoming);
        });
        return Task.CompletedTask;
    }

    public Task<IDisposable?> HoldPartAsync(ArchiveKey key, PartSlot slot, CancellationToken cancellationToken)
    {
        IDisposable? held = null;
        FileFaults.Guarded($"hold part {slot.Number} of {key}", () =>
        {
            if (!File.Exists(IncomingPath(key)))
            {
                held = Stream.Null; // nothing to write to, as the writer will find
                return;
            }

            var file = File.OpenHandle(IncomingPath(key), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            try
            {
                if (FileRangeLock.TryTake(file, slot.Offset, slot.Length))
                    (held, file) = (file, null);
            }
            finally
            {
                file?.Dispose();
            }
        });
        return Task.FromResult(held);
    }

    public async Task<string> WritePartAsync(ArchiveKey key, PartSlot slot, Stream content, CancellationToken cancellationToken)
    {
        using var file = OpenForPart(key, slot);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long written = 0;
            int read;

            // What reading throws is the sender's fault and passes through; what writing throws is the store's. A connection gives 16 KiB
            // at a time: gathered, as every write to a file is a hop to another thread.
            while ((read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
            {
                if (written + read > slot.Length)
                    throw new ArgumentException($"The content of part {slot.Number} is longer than {slot.Length} bytes.", nameof(content));

                try
                {
                    await RandomAccess.WriteAsync(file, buffer.AsMemory(0, read), slot.Offset + written, cancellationToken);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    throw FileFaults.Translated($"write part {slot.Number} of {key}", exception);
                }

                written += read;
            }

            if (written < slot.Length)
                throw new EndOfStreamException($"The content of part {slot.Number} ended after {written} of {slot.Length} bytes.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        FileFaults.Guarded($"write part {slot.Number} of {key}", () => DurableFile.SyncData(file));
        return "";
    }

    public Task FinishAsync(ArchiveKey key, IReadOnlyList<StoredPart> parts, CancellationToken cancellationToken)
    {
        var size = parts.Sum(part => part.Length);
        FileFaults.Guarded($"finish {key}", () =>
        {
            try
            {
                Finish(IncomingPath(key), ArchivePath(key), key, size);
            }
            catch (FileNotFoundException) when (File.Exists(ArchivePath(key)))
            {
                // Said again because the answer was lost, or twice at once; the folder may not have been synced yet.
                RequireLength(key, new FileInfo(ArchivePath(key)).Length, size);
                DurableFile.SyncFolder(_archives);
            }
        });
        return Task.CompletedTask;
    }

    public Task AbortAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        FileFaults.Guarded($"abort {key}", () =>
        {
            File.Delete(IncomingPath(key));
            foreach (var sidecar in Directory.EnumerateFiles(_incoming, $"{key}{SidecarExtension}.*"))
                File.Delete(sidecar);
        });
        return Task.CompletedTask;
    }

    public Task<long?> GetLengthAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        long? length = null;
        FileFaults.Guarded($"look at {key}", () =>
        {
            var file = new FileInfo(ArchivePath(key));
            length = file.Exists ? file.Length : null;
            if (length is null && !Directory.Exists(_archives))
                throw new IOException($"{_archives} isn't there. Is the store mounted?");
        });
        return Task.FromResult(length);
    }

    public Task<Stream> OpenReadAsync(ArchiveKey key, long offset, long length, CancellationToken cancellationToken)
    {
        Stream? stream = null;
        FileFaults.Guarded($"read {key}", () =>
        {
            var file = File.OpenHandle(
                ArchivePath(key), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
            stream = new FileRangeStream(file, offset, length);
        });
        return Task.FromResult(stream!);
    }

    public Task WriteSidecarAsync(ArchiveKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        FileFaults.Guarded($"write the sidecar of {key}", () =>
        {
            // Among what is incoming, so that what a crash leaves of it is listed as unfinished, and swept.
            var temporary = Path.Combine(_incoming, $"{key}{SidecarExtension}.{Guid.NewGuid():N}");
            try
            {
                using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
                {
                    RandomAccess.Write(file, json.Span, 0);
                    RandomAccess.FlushToDisk(file);
                }

                File.Move(temporary, SidecarPath(key), overwrite: true);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }

            DurableFile.SyncFolder(_archives);
            DurableFile.SyncFolder(_incoming);
        });
        return Task.CompletedTask;
    }

    public Task<byte[]?> ReadSidecarAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        byte[]? json = null;
        FileFaults.Guarded($"read the sidecar of {key}", () => json = File.Exists(SidecarPath(key)) ? File.ReadAllBytes(SidecarPath(key)) : null);
        return Task.FromResult(json);
    }

    /// <summary>A folder has no lock that its owner, who is this program, could not take off.</summary>
    public Task LockAsync(ArchiveKey key, DateTimeOffset until, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DeleteAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        FileFaults.Guarded($"delete {key}", () =>
        {
            File.Delete(ArchivePath(key));
            File.Delete(SidecarPath(key));
            DurableFile.SyncFolder(_archives);
        });
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<StoredObject> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Both lists are taken whole, so that a failure comes before the first item. Unfinished first: what is finished in
        // between is then seen twice, not never.
        List<StoredObject> found = [];
        FileFaults.Guarded("list the store", () =>
        {
            found.AddRange(List(_incoming, WithoutTemporaryEnd, finished: false));
            found.AddRange(List(_archives, name => Without(ArchiveExtension, name), finished: true));
        });
        await Task.CompletedTask;
        foreach (var item in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return item;
        }
    }

    public async IAsyncEnumerable<ArchiveKey> ListSidecarsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<StoredObject> found = [];
        FileFaults.Guarded("list the sidecars", () => found.AddRange(List(_archives, name => Without(SidecarExtension, name), finished: true)));
        await Task.CompletedTask;
        foreach (var item in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return item.Key;
        }
    }

    public Task<long?> GetFreeSpaceAsync(CancellationToken cancellationToken)
    {
        long? free = null;
        FileFaults.Guarded("measure free space", () => free = FreeSpace());
        return Task.FromResult(free);
    }

    private void Finish(string from, string to, ArchiveKey key, long size)
    {
        using (var file = File.OpenHandle(from, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            RequireLength(key, RandomAccess.GetLength(file), size);

            // A refused part beyond the last one may have left bytes there.
            RandomAccess.SetLength(file, size);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(from, to, overwrite: false);
        DurableFile.SyncFolder(_archives);
        DurableFile.SyncFolder(_incoming);
    }

    /// <param name="nameOfKey">What of a file's name should be its key; null: it is none of what is listed.</param>
    private static IEnumerable<StoredObject> List(string folder, Func<string, string?> nameOfKey, bool finished)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (ArchiveKey.TryParse(nameOfKey(file.Name), out var key) && file.Exists)
                yield return new StoredObject(key, finished, file.Length, file.LastWriteTimeUtc);
        }
    }

    private static string? Without(string extension, string name) =>
        name.EndsWith(extension, StringComparison.Ordinal) ? name[..^extension.Length] : null;

    private static string WithoutTemporaryEnd(string name) =>
        name.IndexOf(SidecarExtension + ".", StringComparison.Ordinal) is var end and >= 0 ? name[..end] : name;

    private SafeFileHandle OpenForPart(ArchiveKey key, PartSlot slot)
    {
        SafeFileHandle? file = null;
        FileFaults.Guarded($"write part {slot.Number} of {key}", () =>
        {
            RequireRoom(slot.Length);

            // Never made here: an attempt that was closed stays closed for a part that comes late.
            file = File.OpenHandle(IncomingPath(key), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        });
        return file!;
    }

    private void RequireRoom(long bytes)
    {
        var free = FreeSpace();
        if (free < bytes + _minimumFreeSpace)
            throw new ArchiveStoreException(
                StoreFault.Full, $"{free} bytes are free; {bytes} are needed, and {_minimumFreeSpace} stay reserved.");
    }

    private static void RequireLength(ArchiveKey key, long length, long expected)
    {
        if (length < expected)
            throw new ArchiveStoreException(StoreFault.Missing, $"{key} has {length} of {expected} bytes.");
    }

    private long FreeSpace() => new DriveInfo(_incoming).AvailableFreeSpace;

    private string IncomingPath(ArchiveKey key) => Path.Combine(_incoming, key.ToString());

    private string ArchivePath(ArchiveKey key) => Path.Combine(_archives, key + ArchiveExtension);

    private string SidecarPath(ArchiveKey key) => Path.Combine(_archives, key + SidecarExtension);

    /// <summary>For the controller alone: 0700.</summary>
    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("A folder as the archive store needs fsync(2) of folders: run the controller on Linux.");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
