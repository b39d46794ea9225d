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
    private readonly List<(string Call, Moment Moment, Exception Exception)> _next = [];
    private HashSet<string> _hanging = [];
    private int _waiting;

    /// <summary>How many calls don't answer now.</summary>
    public int Hanging => Volatile.Read(ref _waiting);

    /// <summary>How many didn't answer at the same time, at most.</summary>
    public int MostHanging { get; private set; }

    public void FailNext(string call, Moment moment, StoreFault fault = StoreFault.Unavailable) =>
        FailNext(call, new ArchiveStoreException(fault, $"Injected {moment} {call}."), moment);

    public void FailNext(string call, Exception exception, Moment moment = Moment.Before)
    {
        lock (_lock)
        {
            _next.Add((call, moment, exception));
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

    /// <summary>From now on these calls don't answer.</summary>
    public void Hang(params string[] calls)
    {
        lock (_lock)
        {
            _hanging = [.. calls];
        }
    }

    /// <summary>Waits for as long as the call hangs.</summary>
    public async Task MeetHangAsync(string call, CancellationToken cancellationToken)
    {
        if (!IsHanging(call))
            return;

        var waiting = Interlocked.Increment(ref _waiting);
        lock (_lock)
        {
            MostHanging = Math.Max(MostHanging, waiting);
        }

        try
        {
            while (IsHanging(call))
                await Task.Delay(20, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Meet(string call, Moment moment)
    {
        lock (_lock)
        {
            var index = _next.FindIndex(fault => fault.Call == call && fault.Moment == moment);
            if (index < 0)
                return;

            var exception = _next[index].Exception;
            _next.RemoveAt(index);
            throw exception;
        }
    }

    private bool IsHanging(string call)
    {
        lock (_lock)
        {
            return _hanging.Contains(call);
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
        AroundAsync(nameof(BeginAsync), () => inner.BeginAsync(key, cancellationToken), cancellationToken);

    public Task<IDisposable?> HoldPartAsync(ArchiveKey key, PartSlot slot, CancellationToken cancellationToken) =>
        AroundAsync(nameof(HoldPartAsync), () => inner.HoldPartAsync(key, slot, cancellationToken), cancellationToken);

    public Task<string> WritePartAsync(ArchiveKey key, PartSlot slot, Stream content, CancellationToken cancellationToken) =>
        AroundAsync(nameof(WritePartAsync), () => inner.WritePartAsync(key, slot, content, cancellationToken), cancellationToken);

    public Task FinishAsync(ArchiveKey key, IReadOnlyList<StoredPart> parts, CancellationToken cancellationToken) =>
        AroundAsync(nameof(FinishAsync), () => inner.FinishAsync(key, parts, cancellationToken), cancellationToken);

    public Task AbortAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        AroundAsync(nameof(AbortAsync), () => inner.AbortAsync(key, cancellationToken), cancellationToken);

    public Task<long?> GetLengthAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        AroundAsync(nameof(GetLengthAsync), () => inner.GetLengthAsync(key, cancellationToken), cancellationToken);

    public Task<Stream> OpenReadAsync(ArchiveKey key, long offset, long length, CancellationToken cancellationToken) =>
        AroundAsync(nameof(OpenReadAsync), () => inner.OpenReadAsync(key, offset, length, cancellationToken), cancellationToken);

    public Task WriteSidecarAsync(ArchiveKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        AroundAsync(nameof(WriteSidecarAsync), () => inner.WriteSidecarAsync(key, json, cancellationToken), cancellationToken);

    public Task<byte[]?> ReadSidecarAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        AroundAsync(nameof(ReadSidecarAsync), () => inner.ReadSidecarAsync(key, cancellationToken), cancellationToken);

    public Task LockAsync(ArchiveKey key, DateTimeOffset until, CancellationToken cancellationToken) =>
        AroundAsync(nameof(LockAsync), () => inner.LockAsync(key, until, cancellationToken), cancellationToken);

    public Task DeleteAsync(ArchiveKey key, CancellationToken cancellationToken) =>
        AroundAsync(nameof(DeleteAsync), () => inner.DeleteAsync(key, cancellationToken), cancellationToken);

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
        AroundAsync(nameof(GetFreeSpaceAsync), () => inner.GetFreeSpaceAsync(cancellationToken), cancellationToken);

    private async Task AroundAsync(string call, Func<Task> work, CancellationToken cancellationToken)
    {
        await plan.MeetHangAsync(call, cancellationToken);
        plan.Meet(call, Moment.Before);
        await work();
        plan.Meet(call, Moment.After);
    }

    private async Task<T> AroundAsync<T>(string call, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await plan.MeetHangAsync(call, cancellationToken);
        plan.Meet(call, Moment.Before);
        var result = await work();
        plan.Meet(call, Moment.After);
        return result;
    }
}
