using Backstay.Agent.Backup;
using Xunit;

namespace Backstay.Agent.Tests.Backup;

public sealed class StageGroupTests
{
    [Fact]
    public async Task The_first_failure_is_the_cause_and_cancels_the_others()
    {
        await using var stages = new StageGroup(default);
        var running = new TaskCompletionSource();
        var echo = new TaskCompletionSource();
        stages.Start(async ct =>
        {
            running.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, ct);
            }
            catch (OperationCanceledException)
            {
                echo.SetResult();
                throw new InvalidOperationException("only the echo");
            }
        });
        stages.Start(async _ =>
        {
            await running.Task;
            throw new InvalidDataException("the cause");
        });

        var thrown = await Assert.ThrowsAsync<InvalidDataException>(stages.WhenAllAsync);

        Assert.Equal("the cause", thrown.Message);
        Assert.True(echo.Task.IsCompleted);
    }

    [Fact]
    public async Task A_companion_that_fails_ends_the_stages()
    {
        await using var stages = new StageGroup(default);
        stages.StartCompanion(_ => throw new InvalidDataException("over"));

        await Assert.ThrowsAsync<InvalidDataException>(() => stages.RunAsync(ct => Task.Delay(Timeout.Infinite, ct)));
    }

    [Fact]
    public async Task A_companion_does_not_keep_the_stages_from_being_done()
    {
        var ended = false;
        await using (var stages = new StageGroup(default))
        {
            stages.StartCompanion(async ct =>
            {
                try
                {
                    await Task.Delay(Timeout.Infinite, ct);
                }
                finally
                {
                    ended = true;
                }
            });
            await stages.RunAsync(ct => Task.Delay(50, ct));
        }

        Assert.True(ended);
    }

    [Fact]
    public async Task Cancellation_from_outside_is_told_as_such()
    {
        using var cancellation = new CancellationTokenSource();
        await using var stages = new StageGroup(cancellation.Token);
        stages.Start(ct => Task.Delay(Timeout.Infinite, ct));
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(stages.WhenAllAsync);
    }
}
