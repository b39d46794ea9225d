using System.Runtime.CompilerServices;
using Backstay.Controller.Storage;

namespace Backstay.Controller.Tests.Storage;

/// <summary>Has every call fail once and says it again, as the controller and its agents do.</summary>
internal sealed class RepeatingStore : IArchiveStore
{
    private readonly FaultPlan _plan = new();
    private readonly FaultyStore _faulty;
    private readonly Moment _moment;

    public RepeatingStore(IArchiveStore inner, Moment moment)
    {
        _faulty = new FaultyStore(inner, _plan);
        _moment = moment;
    }

    public Task BeginAsync(ArchiveKey key, CancellationToken cancellationToken) => TwiceAsync(() => _faulty.BeginAsync(key, cancellationToken));

    public Task<IDisposable?> HoldPartAsync(ArchiveKey key, PartSlot slot, CancellationToken cancellationToken) =>
        _faulty.HoldPartAsync(key, slot, cancellationToken);

    public Task<string> WritePartAsync(ArchiveKey key, PartSlot slot, Stream content, CancellationToken cancellationToken) =>
        TwiceAsync(() =>
        {
            content.Position = 0;
            return _faulty.WritePartAsync(key, slot, content, cancellationToken);
        });

    public Task FinishAsync(ArchiveKey key, IReadOnlyList<StoredPart> parts, CancellationToken cancellationToken) =>
        TwiceAsync(() => _faulty.FinishAsync(key, parts, cancellationToken));

    public Task AbortAsync(ArchiveKey key, CancellationToken cancellationToken) => TwiceAsync(() => _faulty.AbortAsync(key, cancellationToken));

    public Task<long?> GetLengthAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        TwiceAsync(() => _faulty.GetLengthAsync(key, cancellationToken));

    public Task<Stream> OpenReadAsync(ArchiveKey key, long offset, long length, CancellationToken cancellationToken) =>
        TwiceAsync(() => _faulty.OpenReadAsync(key, offset, length, cancellationToken));

    public Task WriteSidecarAsync(ArchiveKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        TwiceAsync(() => _faulty.WriteSidecarAsync(key, json, cancellationToken));

    public Task<byte[]?> ReadSidecarAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        TwiceAsync(() => _faulty.ReadSidecarAsync(key, cancellationToken));

    public Task LockAsync(ArchiveKey key, DateTimeOffset until, CancellationToken cancellationToken) =>
        TwiceAsync(() => _faulty.LockAsync(key, until, cancellationToken));

    public Task DeleteAsync(ArchiveKey key, CancellationToken cancellationToken) => TwiceAsync(() => _faulty.DeleteAsync(key, cancellationToken));

    public IAsyncEnumerable<StoredObject> ListAsync(CancellationToken cancellationToken) => _faulty.ListAsync(cancellationToken);

    public IAsyncEnumerable<ArchiveKey> ListSidecarsAsync(CancellationToken cancellationToken) => _faulty.ListSidecarsAsync(cancellationToken);

    public Task<long?> GetFreeSpaceAsync(CancellationToken cancellationToken) => TwiceAsync(() => _faulty.GetFreeSpaceAsync(cancellationToken));

    private async Task TwiceAsync(Func<Task> call, [CallerMemberName] string name = "") =>
        await TwiceAsync(
            async () =>
            {
                await call();
                return true;
            },
            name);

    private async Task<T> TwiceAsync<T>(Func<Task<T>> call, [CallerMemberName] string name = "")
    {
        _plan.FailNext(name, _moment);
        while (true)
        {
            try
            {
                return await call();
            }
            catch (ArchiveStoreException exception) when (exception.Message.StartsWith("Injected", StringComparison.Ordinal))
            {
                // Again: of calls at the same time, one may meet the faults of another.
            }
            catch
            {
                _plan.Forget(name);
                throw;
            }
        }
    }
}
