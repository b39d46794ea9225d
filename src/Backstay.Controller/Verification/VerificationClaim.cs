using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Verification;

/// <summary>
/// The right to make one proof, on one of all controllers. Its end is its proof: only who wrote the value that is in the row holds it. What
/// a controller that crashed had claimed is taken up by another, or by itself.
/// </summary>
internal sealed class VerificationClaim(CatalogContext catalog, VerificationEntity verification, TimeProvider time)
{
    /// <summary>How long an archive is left alone that could not be read, at first.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(2);

    /// <summary>And at last.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromHours(6);

    /// <summary>A claim that ends further away was made by a clock that was ahead: it is nobody's.</summary>
    public static readonly TimeSpan FurthestAhead = LongestPause + TimeSpan.FromHours(1);

    private static readonly TimeSpan Length = TimeSpan.FromMinutes(2);

    private DateTimeOffset? _until = verification.ClaimUntil;
    private long _renewed;

    /// <summary>When this controller began.</summary>
    public DateTimeOffset Started { get; private set; }

    /// <summary>Since when it can't be read; from now on, unless it was so before.</summary>
    public DateTimeOffset UnreadableSince => verification.UnreadableSince is { } since && since <= time.GetUtcNow() ? since : time.GetUtcNow();

    /// <summary>The row, as long as the claim holds.</summary>
    public IQueryable<VerificationEntity> Row
    {
        get
        {
            var (id, until) = (verification.Id, _until);
            return catalog.Verifications.Where(v => v.Id == id && v.ClaimUntil == until && v.State < VerificationRunState.Passed);
        }
    }

    /// <returns>False: another controller has it.</returns>
    public async Task<bool> TakeAsync(string by, CancellationToken cancellationToken)
    {
        Started = time.GetUtcNow();
        var until = Started + Length;
        var taken = await Row.ExecuteUpdateAsync(
            set => set
                .SetProperty(v => v.State, VerificationRunState.Running)
                .SetProperty(v => v.Started, Started)
                .SetProperty(v => v.Bytes, 0L)
                .SetProperty(v => v.By, by)
                .SetProperty(v => v.Message, (string?)null)
                .SetProperty(v => v.ClaimUntil, until),
            cancellationToken) == 1;
        if (taken)
            (_until, _renewed) = (until, time.GetTimestamp());
        return taken;
    }

    /// <summary>To be called along the way, as often as one likes: renews the claim when it is time to, and says how far it is.</summary>
    /// <exception cref="ClaimLostException">Another controller has it, or the backup was deleted.</exception>
    public async Task KeepAsync(long bytes, CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(_renewed) < Length / 24)
            return;

        var until = time.GetUtcNow() + Length;
        if (await Row.ExecuteUpdateAsync(
            set => set.SetProperty(v => v.ClaimUntil, until).SetProperty(v => v.Bytes, bytes), cancellationToken) == 0)
        {
            throw new ClaimLostException();
        }

        (_until, _renewed) = (until, time.GetTimestamp());
    }

    /// <summary>
    /// Gives it back: somebody takes it up after a pause, which is as long as it could not be read until now, within its bounds.
    /// </summary>
    /// <param name="nextTelling">Null: as it was.</param>
    /// <returns>False: another controller has it, or the backup was deleted.</returns>
    public async Task<bool> PostponeAsync(string why, DateTimeOffset? nextTelling, CancellationToken cancellationToken)
    {
        var (now, since, telling) = (time.GetUtcNow(), UnreadableSince, nextTelling ?? verification.NextTelling);
        var pause = now - since;
        var until = now + (pause < RetryAfter ? RetryAfter : pause > LongestPause ? LongestPause : pause);
        return await Row.ExecuteUpdateAsync(
            set => set
                .SetProperty(v => v.State, VerificationRunState.Waiting)
                .SetProperty(v => v.Message, why)
                .SetProperty(v => v.UnreadableSince, since)
                .SetProperty(v => v.NextTelling, telling)
                .SetProperty(v => v.ClaimUntil, until),
            cancellationToken) == 1;
    }
}

/// <summary>Whoever reads an archive stops: its proof is somebody else's by now, or nobody's.</summary>
internal sealed class ClaimLostException() : Exception("The verification is another controller's, or its backup was deleted.");
