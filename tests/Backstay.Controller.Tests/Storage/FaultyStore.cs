using Backstay.Controller.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Storage;

/// <summary>When a call fails: without having done anything, or having done it all, with the answer lost.</summary>
public enum Moment
{
    Before,
    After,
}

/// <summary>Which calls of a store are to fail, by the name of the method.</summary>
internal sealed class FaultPlan
{
    private readonly Lock _lock = new();
    private readonly List<(string Call, Moment Moment, StoreFault Fault)> _next = [];

    public void FailNext(string call, Moment moment, StoreFault fault = StoreFault.Unavailable)
    {
        lock (_lock)
        {
            _next.Add((call, moment, fault));
        }
    }

    /// <summary>Takes back what was planned for a call.</summary>
    public void Forget(string call)
    {
        lock (_lock)
        {
            _next.RemoveAll(fault => fault.Call == call);
        }
    }

    public void Meet(string call, Moment moment)
    {
        lock (_lock)
        {
            var index = _next.FindIndex(fault => fault.Call == call && fault.Moment == moment);
            if (index < 0)
                return;

            var fault = _next[index].Fault;
            _next.RemoveAt(index);
            throw new ArchiveStoreException(fault, $"Injected {moment} {call}.");
        }
    }
}

/// <summary>A store that fails as planned, around one that works.</summary>
internal sealed class FaultyStore(IArchiveStore inner, FaultPlan plan) : IArchiveStore
{
    /// <summary>Puts the wrapper around the store of a controller; its <see cref="FaultPlan"/> is in the container.</summary>
    public static void Around(IServiceCollection services)
    {
        services.AddSingleton<FaultPlan>();
        services.AddSingleton<IArchiveStore>(provider =>
            new FaultyStore(provider.GetRequiredService<OpenedStore>().Store, provider.GetRequiredService<FaultPlan>()));
    }

    public Task BeginAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        AroundAsync(nameof(BeginAsync), () => inner.BeginAsync(key, cancellationToken));

    public Task<IDisposable?> HoldPartAsync(ArchiveKey key, PartSlot slot, CancellationToken cancellationToken) =>
        AroundAsync(nameof(HoldPartAsync), () => inner.HoldPartAsync(key, slot, cancellationToken));

    public Task<string> WritePartAsync(ArchiveKey key, PartSlot slot, Stream content, CancellationToken cancellationToken) =>
        AroundAsync(nameof(WritePartAsync), () => inner.WritePartAsync(key, slot, content, cancellationToken));

    public Task FinishAsync(ArchiveKey key, IReadOnlyList<StoredPart> parts, CancellationToken cancellationToken) =>
        AroundAsync(nameof(FinishAsync), () => inner.FinishAsync(key, parts, cancellationToken));

    public Task AbortAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        AroundAsync(nameof(AbortAsync), () => inner.AbortAsync(key, cancellationToken));

    public Task<long?> GetLengthAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        AroundAsync(nameof(GetLengthAsync), () => inner.GetLengthAsync(key, cancellationToken));

    public Task<Stream> OpenReadAsync(ArchiveKey key, long offset, long length, CancellationToken cancellationToken) =>
        AroundAsync(nameof(OpenReadAsync), () => inner.OpenReadAsync(key, offset, length, cancellationToken));

    public Task WriteSidecarAsync(ArchiveKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        AroundAsync(nameof(WriteSidecarAsync), () => inner.WriteSidecarAsync(key, json, cancellationToken));

    public Task<byte[]?> ReadSidecarAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        AroundAsync(nameof(ReadSidecarAsync), () => inner.ReadSidecarAsync(key, cancellationToken));

    public Task LockAsync(ArchiveKey key, DateTimeOffset until, CancellationToken cancellationToken) =>
        AroundAsync(nameof(LockAsync), () => inner.LockAsync(key, until, cancellationToken));

    public Task DeleteAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        AroundAsync(nameof(DeleteAsync), () => inner.DeleteAsync(key, cancellationToken));

    public async IAsyncEnumerable<StoredObject> ListAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        plan.Meet(nameof(ListAsync), Moment.Before);
        await foreach (var item in inner.ListAsync(cancellationToken))
            yield return item;
        plan.Meet(nameof(ListAsync), Moment.After);
    }

    public async IAsyncEnumerable<ArchiveKey> ListSidecarsAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        plan.Meet(nameof(ListSidecarsAsync), Moment.Before);
        await foreach (var key in inner.ListSidecarsAsync(cancellationToken))
            yield return key;
        plan.Meet(nameof(ListSidecarsAsync), Moment.After);
    }

    public Task<long?> GetFreeSpaceAsync(CancellationToken cancellationToken) =>
        AroundAsync(nameof(GetFreeSpaceAsync), () => inner.GetFreeSpaceAsync(cancellationToken));

    private async Task AroundAsync(string call, Func<Task> work)
    {
        plan.Meet(call, Moment.Before);
        await work();
        plan.Meet(call, Moment.After);
    }

    private async Task<T> AroundAsync<T>(string call, Func<Task<T>> work)
    {
        plan.Meet(call, Moment.Before);
        var result = await work();
        plan.Meet(call, Moment.After);
        return result;
    }
}
