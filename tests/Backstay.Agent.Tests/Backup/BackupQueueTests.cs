using System.Collections.Concurrent;
using Backstay.Agent.Backup;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Backstay.Agent.Tests.Backup;

public sealed class BackupQueueTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly ConcurrentQueue<Guid> _begun = new();
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _ends = new();
    private readonly SemaphoreSlim _begins = new(0);
    private readonly SemaphoreSlim _ended = new(0);

    public void Dispose()
    {
        _begins.Dispose();
        _ended.Dispose();
    }

    [Fact]
    public async Task Hints_for_a_backup_that_waits_or_runs_change_nothing()
    {
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        await using var queue = new RunningQueue(this);
        foreach (var hint in new[] { first, first, second, second, first })
            queue.Queue.Add(hint);

        await EndAsync(first);
        await EndAsync(second);

        Assert.Equal([first, second], _begun);
    }

    [Fact]
    public async Task One_backup_runs_at_a_time()
    {
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        await using var queue = new RunningQueue(this);
        queue.Queue.Add(first);
        queue.Queue.Add(second);

        Assert.True(await _begins.WaitAsync(Soon));
        Assert.Equal([first], _begun);
        _ends.GetOrAdd(first, new TaskCompletionSource()).SetResult();
        Assert.True(await _begins.WaitAsync(Soon));
        Assert.Equal([first, second], _begun);
        _ends.GetOrAdd(second, new TaskCompletionSource()).SetResult();
    }

    [Fact]
    public async Task A_hint_after_the_end_makes_the_backup_again()
    {
        var backup = Guid.NewGuid();
        await using var queue = new RunningQueue(this);
        queue.Queue.Add(backup);
        await EndAsync(backup);
        while (queue.Queue.Running is not null)
            await Task.Yield();
        _ends.Clear();

        queue.Queue.Add(backup);
        await EndAsync(backup);

        Assert.Equal([backup, backup], _begun);
    }

    [Fact]
    public async Task A_cancel_stops_the_backup_that_runs_and_drops_the_one_that_waits()
    {
        var (first, second, third) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await using var queue = new RunningQueue(this);
        queue.Queue.Add(first);
        queue.Queue.Add(second);
        queue.Queue.Add(third);
        Assert.True(await _begins.WaitAsync(Soon));

        queue.Queue.Cancel(second);
        queue.Queue.Cancel(first);
        Assert.True(await _ended.WaitAsync(Soon));

        Assert.True(await _begins.WaitAsync(Soon));
        Assert.Equal([first, third], _begun);
        queue.Queue.Cancel(third);
    }

    private async Task EndAsync(Guid backup)
    {
        Assert.True(await _begins.WaitAsync(Soon));
        _ends.GetOrAdd(backup, new TaskCompletionSource()).SetResult();
        Assert.True(await _ended.WaitAsync(Soon));
    }

    private async Task RunAsync(Guid backup, CancellationToken cancelled, CancellationToken stopping)
    {
        _begun.Enqueue(backup);
        _begins.Release();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled, stopping);
        try
        {
            await _ends.GetOrAdd(backup, new TaskCompletionSource()).Task.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // A run ends without an exception, however it ends.
        }

        _ended.Release();
    }

    private sealed class RunningQueue : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly Task _running;

        public RunningQueue(BackupQueueTests test)
        {
            Queue = new BackupQueue(test.RunAsync, NullLogger.Instance);
            _running = Queue.RunAsync(_stopping.Token);
        }

        public BackupQueue Queue { get; }

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
            _stopping.Dispose();
        }
    }
}
