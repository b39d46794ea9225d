using System.Security.Cryptography;

namespace Backstay.Agent.Connection;

/// <summary>
/// Growing pauses between tries: doubled each time up to the longest, each then drawn from its upper half, so that a fleet that
/// lost its controller in one moment doesn't come back in one.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeProvider time)
{
    private const int Steps = 1024;
    private readonly TimeSpan _longest = longest;
    private int _tries;

    /// <summary>Holds what the other side asks for: it knows why, but not for how long it makes sense here. Default: the longest pause.</summary>
    public TimeSpan LongestAsked { get; init; } = longest;

    /// <param name="atLeast">What the other side asked for (Retry-After); held to <see cref="LongestAsked"/>.</param>
    public Task WaitAsync(TimeSpan? atLeast, CancellationToken cancellationToken) =>
        Task.Delay(Next(atLeast), time, cancellationToken);

    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        var pause = Min(first * Math.Pow(2, Math.Min(_tries++, 30)), _longest);
        var drawn = pause / 2 + pause / 2 * (RandomNumberGenerator.GetInt32(Steps + 1) / (double)Steps);
        return atLeast is { } asked && asked > drawn ? Min(asked, LongestAsked) : drawn;
    }

    /// <summary>It worked: the next pause is a short one again.</summary>
    public void Reset() => _tries = 0;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
