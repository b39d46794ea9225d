using Backstay.Controller.Storage;

namespace Backstay.Controller.Tests.Storage;

/// <summary>A bucket of a real Ceph passes the suite.</summary>
public class S3ArchiveStoreTests : ArchiveStoreConformance
{
    private S3ArchiveStore? _store;

    // S3's minimum for all parts but the last.
    private protected override int PartSize => 5 * 1024 * 1024;

    private protected override async Task<IArchiveStore> CreateAsync() =>
        _store = new S3ArchiveStore(new S3Connection(await CephBucket.MakeAsync()), TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        _store?.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>It passes, too, when every call fails once with its answer lost and is said again: every call can be repeated.</summary>
public sealed class RepeatedS3ArchiveStoreTests : S3ArchiveStoreTests
{
    private protected override async Task<IArchiveStore> CreateAsync() => new RepeatingStore(await base.CreateAsync(), Moment.After);
}

/// <summary>And when every call fails once before it has done anything.</summary>
public sealed class InterruptedS3ArchiveStoreTests : S3ArchiveStoreTests
{
    private protected override async Task<IArchiveStore> CreateAsync() => new RepeatingStore(await base.CreateAsync(), Moment.Before);
}

/// <summary>And when another controller takes every call: nothing that one of them remembers is needed.</summary>
public sealed class SeveralS3ArchiveStoresTests : S3ArchiveStoreTests
{
    private RotatingStore? _rotating;

    private protected override async Task<IArchiveStore> CreateAsync()
    {
        var options = await CephBucket.MakeAsync();
        return _rotating = new RotatingStore(
            [.. Enumerable.Range(0, 3).Select(_ => new S3ArchiveStore(new S3Connection(options), TimeProvider.System))]);
    }

    public override async ValueTask DisposeAsync()
    {
        _rotating?.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives every call to the next store.</summary>
    private sealed class RotatingStore(S3ArchiveStore[] stores) : IArchiveStore, IDisposable
    {
        private int _calls;

        private S3ArchiveStore Next => stores[(uint)Interlocked.Increment(ref _calls) % stores.Length];

        public Task BeginAsync(ArchiveKey key, CancellationToken cancellationToken) => Next.BeginAsync(key, cancellationToken);

        public Task<IDisposable?> HoldPartAsync(ArchiveKey key, PartSlot slot, CancellationToken cancellationToken) =>
            Next.HoldPartAsync(key, slot, cancellationToken);

        public Task<string> WritePartAsync(ArchiveKey key, PartSlot slot, Stream content, CancellationToken cancellationToken) =>
            Next.WritePartAsync(key, slot, content, cancellationToken);

        public Task FinishAsync(ArchiveKey key, IReadOnlyList<StoredPart> parts, CancellationToken cancellationToken) =>
            Next.FinishAsync(key, parts, cancellationToken);

        public Task AbortAsync(ArchiveKey key, CancellationToken cancellationToken) => Next.AbortAsync(key, cancellationToken);

        public Task<long?> GetLengthAsync(ArchiveKey key, CancellationToken cancellationToken) => Next.GetLengthAsync(key, cancellationToken);

        public Task<Stream> OpenReadAsync(ArchiveKey key, long offset, long length, CancellationToken cancellationToken) =>
            Next.OpenReadAsync(key, offset, length, cancellationToken);

        public Task WriteSidecarAsync(ArchiveKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
            Next.WriteSidecarAsync(key, json, cancellationToken);

        public Task<byte[]?> ReadSidecarAsync(ArchiveKey key, CancellationToken cancellationToken) => Next.ReadSidecarAsync(key, cancellationToken);

        public Task LockAsync(ArchiveKey key, DateTimeOffset until, CancellationToken cancellationToken) =>
            Next.LockAsync(key, until, cancellationToken);

        public Task DeleteAsync(ArchiveKey key, CancellationToken cancellationToken) => Next.DeleteAsync(key, cancellationToken);

        public IAsyncEnumerable<StoredObject> ListAsync(CancellationToken cancellationToken) => Next.ListAsync(cancellationToken);

        public IAsyncEnumerable<ArchiveKey> ListSidecarsAsync(CancellationToken cancellationToken) => Next.ListSidecarsAsync(cancellationToken);

        public Task<long?> GetFreeSpaceAsync(CancellationToken cancellationToken) => Next.GetFreeSpaceAsync(cancellationToken);

        public void Dispose() => Array.ForEach(stores, store => store.Dispose());
    }
}
