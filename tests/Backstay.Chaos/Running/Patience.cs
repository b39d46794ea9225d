using System.Net;
using System.Net.Sockets;
using Backstay.Protocol.Admin;

namespace Backstay.Chaos.Running;

/// <summary>Something did not become true in time.</summary>
internal sealed class OutOfPatienceException(string what, Exception? last)
    : Exception(last is null ? what : $"{what} (last error: {last.Message})");

/// <summary>Waits and repeats, as a client does that knows that restarts are normal events.</summary>
internal static class Patience
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether an error only says that nobody could answer now.</summary>
    public static bool IsPassing(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        // The handler lets some of the socket's own out: of a connection that is reset while it is made.
        HttpRequestException or IOException or SocketException => true,
        AdminApiException refused => refused.Status is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests,
        _ => false,
    };

    /// <summary>Asks until there is an answer; a refusal that isn't for now only is thrown.</summary>
    public static async Task<T> AskAsync<T>(
        Func<CancellationToken, Task<T>> ask, TimeSpan limit, string what, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Exception? last;
            try
            {
                return await ask(cancellationToken);
            }
            catch (Exception exception) when (IsPassing(exception, cancellationToken))
            {
                last = exception;
            }

            if (TimeProvider.System.GetElapsedTime(started) > limit)
                throw new OutOfPatienceException(what, last);
            await PauseAsync(cancellationToken);
        }
    }

    /// <summary>Waits until it is so; an error that passes counts as "not yet".</summary>
    /// <returns>False: it did not become so in time.</returns>
    public static async Task<bool> UntilAsync(Func<CancellationToken, Task<bool>> condition, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                if (await condition(cancellationToken))
                    return true;
            }
            catch (Exception exception) when (IsPassing(exception, cancellationToken))
            {
                // Not yet.
            }

            if (TimeProvider.System.GetElapsedTime(started) > limit)
                return false;
            await PauseAsync(cancellationToken);
        }
    }

    public static Task<bool> UntilAsync(Func<bool> condition, TimeSpan limit, CancellationToken cancellationToken) =>
        UntilAsync(_ => Task.FromResult(condition()), limit, cancellationToken);

    public static Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(Pause, TimeProvider.System, cancellationToken);
}
