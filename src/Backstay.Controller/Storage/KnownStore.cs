using System.Runtime.CompilerServices;

namespace Backstay.Controller.Storage;

/// <summary>
/// The store as the controller uses it: what isn't there is only said to be missing after the store was found to be the catalog's own
/// (<see cref="StoreIdentity"/>). A store that isn't can't be listed, and gets no archives.
/// </summary>
internal sealed class KnownStore(IArchiveStore inner, StoreIdentity identity) : IArchiveStore
{
    public async Task BeginAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        await identity.RequireAsync(cancellationToken);
        await inner.BeginAsync(key, cancellationToken);
    }

    public Task<IDisposable?> HoldPartAsync(ArchiveKey key, PartSlot slot, CancellationToken cancellationToken) =>
        inner.HoldPartAsync(key, slot, cancellationToken);

    public Task<string> WritePartAsync(ArchiveKey key, PartSlot slot, Stream content, CancellationToken cancellationToken) =>
        OrAwayAsync(inner.WritePartAsync(key, slot, content, cancellationToken), cancellationToken);

    public async Task FinishAsync(ArchiveKey key, IReadOnlyList<StoredPart> parts, CancellationToken cancellationToken)
    {
        try
        {
            await inner.FinishAsync(key, parts, cancellationToken);
        }
        catch (ArchiveStoreException exception) when (exception.Fault == StoreFault.Missing)
        {
            await identity.RequireAsync(cancellationToken);
            throw;
        }
    }

    public Task AbortAsync(ArchiveKey key, CancellationToken cancellationToken) => inner.AbortAsync(key, cancellationToken);

    public async Task<long?> GetLengthAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        var length = await inner.GetLengthAsync(key, cancellationToken);
        if (length is null)
            await identity.RequireAsync(cancellationToken);
        return length;
    }

    public Task<Stream> OpenReadAsync(ArchiveKey key, long offset, long length, CancellationToken cancellationToken) =>
        OrAwayAsync(inner.OpenReadAsync(key, offset, length, cancellationToken), cancellationToken);

    public Task WriteSidecarAsync(ArchiveKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        inner.WriteSidecarAsync(key, json, cancellationToken);

    public async Task<byte[]?> ReadSidecarAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        var json = await inner.ReadSidecarAsync(key, cancellationToken);
        if (json is null)
            await identity.RequireAsync(cancellationToken);
        return json;
    }

    public Task LockAsync(ArchiveKey key, DateTimeOffset until, CancellationToken cancellationToken) =>
        inner.LockAsync(key, until, cancellationToken);

    public async Task DeleteAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        // Elsewhere there is nothing to delete, and the row would go all the same.
        await identity.RequireAsync(cancellationToken);
        await inner.DeleteAsync(key, cancellationToken);
    }

    public async IAsyncEnumerable<StoredObject> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await identity.RequireAsync(cancellationToken);
        await foreach (var item in inner.ListAsync(cancellationToken))
            yield return item;
    }

    public async IAsyncEnumerable<ArchiveKey> ListSidecarsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await identity.RequireAsync(cancellationToken);
        await foreach (var key in inner.ListSidecarsAsync(cancellationToken))
            yield return key;
    }

    public Task<long?> GetFreeSpaceAsync(CancellationToken cancellationToken) => inner.GetFreeSpaceAsync(cancellationToken);

    private async Task<T> OrAwayAsync<T>(Task<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call;
        }
        catch (ArchiveStoreException exception) when (exception.Fault == StoreFault.Missing)
        {
            await identity.RequireAsync(cancellationToken);
            throw;
        }
    }
}
