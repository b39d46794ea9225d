using System.Runtime.ExceptionServices;

namespace Backstay.Agent.Backup;

/// <summary>
/// Tasks that belong together: the first that fails is the cause, and cancels the others, so no stage waits for one that is
/// gone. What the others say after that is only the echo.
/// </summary>
internal sealed class StageGroup(CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly CancellationTokenSource _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly List<Task> _stages = [];
    private readonly List<Task> _companions = [];
    private ExceptionDispatchInfo? _cause;

    /// <summary>Starts a stage; <see cref="WhenAllAsync"/> waits for it.</summary>
    public void Start(Func<CancellationToken, Task> stage) => _stages.Add(GuardAsync(stage));

    /// <summary>Starts something that goes on beside the stages until the group is disposed of. It may fail, and is a cause then.</summary>
    public void StartCompanion(Func<CancellationToken, Task> companion) => _companions.Add(GuardAsync(companion));

    /// <summary>Waits for the stages. Throws the first failure of any stage or companion.</summary>
    public async Task WhenAllAsync()
    {
        await Task.WhenAll(_stages);
        _cause?.Throw();
    }

    /// <summary>Runs one stage by itself, beside the companions.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> stage)
    {
        Start(stage);
        await WhenAllAsync();
    }

    /// <summary>Ends everything that still runs, and waits until it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _cancellation.CancelAsync();
        await Task.WhenAll([.. _stages, .. _companions]);
        _cancellation.Dispose();
    }

    private async Task GuardAsync(Func<CancellationToken, Task> stage)
    {
        try
        {
            await Task.Run(() => stage(_cancellation.Token), _cancellation.Token);
        }
        catch (Exception e)
        {
            if (Interlocked.CompareExchange(ref _cause, ExceptionDispatchInfo.Capture(e), null) is null)
                await _cancellation.CancelAsync();
        }
    }
}
