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
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(2);

    private DateTimeOffset? _until = verification.ClaimUntil;
    private long _renewed;

    /// <summary>When this controller began.</summary>
    public DateTimeOffset Started { get; private set; }

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

    /// <summary>Gives it back: somebody takes it up after the pause.</summary>
    public Task PostponeAsync(TimeSpan pause, string why, CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow() + pause;
        return Row.ExecuteUpdateAsync(
            set => set
                .SetProperty(v => v.State, VerificationRunState.Waiting)
                .SetProperty(v => v.Message, why)
                .SetProperty(v => v.ClaimUntil, until),
            cancellationToken);
    }
}

/// <summary>Whoever reads an archive stops: its proof is somebody else's by now, or nobody's.</summary>
internal sealed class ClaimLostException() : Exception("The verification is another controller's, or its backup was deleted.");
