using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Backstay.Controller.Notifications;

/// <summary>When a delivery is tried again after a try that failed.</summary>
internal static class RetrySchedule
{
    /// <summary>The pause grows by at most this part of it, at random: receivers that come back aren't met by everyone at once.</summary>
    public const double Jitter = 0.2;

    /// <summary>The last one repeats.</summary>
    public static readonly ImmutableArray<TimeSpan> Pauses =
    [
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(2),
        TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1),
    ];

    /// <summary>The time of the next try; null when there is none. The last one is made at the very end.</summary>
    /// <param name="attempts">Tries so far, the failed one included; at least 1.</param>
    /// <param name="retryAfter">What the receiver asked for: never earlier than that, but for the last try.</param>
    public static DateTimeOffset? NextTry(DateTimeOffset now, int attempts, TimeSpan? retryAfter, DateTimeOffset giveUp)
    {
        if (now >= giveUp)
        {
            return null;
        }

        var pause = Pauses[Math.Min(attempts, Pauses.Length) - 1];
        pause += pause * (Jitter * RandomNumberGenerator.GetInt32(1001) / 1000);
        if (retryAfter > pause)
        {
            pause = retryAfter.Value;
        }

        return pause < giveUp - now ? now + pause : giveUp;
    }
}
