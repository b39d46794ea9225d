using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Storage;

/// <summary>
/// Copies archives from one store to another. A copy's sidecar is written last, after the copy was read back and found to be what the
/// sidecar says: where one is, there is nothing left to do, and whatever was interrupted before that is begun again.
/// </summary>
internal sealed class StoreCopy(IArchiveStore from, IArchiveStore to, TimeProvider time)
{
    /// <summary>Before a part is sent again; doubled each time.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>A store that is away for longer than all pauses together fails the archive; the next run begins it again.</summary>
    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(16);

    /// <param name="remove">Deletes from the first store what was found in the second, byte for byte, in this run.</param>
    /// <exception cref="ArchiveStoreException">The first store can't be listed.</exception>
    public async IAsyncEnumerable<CopiedArchive> RunAsync(bool remove, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in from.ListAsync(cancellationToken))
        {
            if (item.Finished)
                yield return await CopyAsync(item, remove, cancellationToken);
        }
    }

    private async Task<CopiedArchive> CopyAsync(StoredObject item, bool remove, CancellationToken cancellationToken)
    {
        try
        {
            var sidecar = await from.ReadSidecarAsync(item.Key, cancellationToken);
            var recorded = Recorded(sidecar);
            var outcome = await IsThereAsync(item, sidecar, cancellationToken)
                ? CopyOutcome.Present
                : await TransferAsync(item, sidecar, recorded, cancellationToken);
            if (remove && outcome is CopyOutcome.Copied or CopyOutcome.Present)
            {
                // One that was there already is not taken on the word of its sidecar: it is about to be the only one.
                if (outcome == CopyOutcome.Present && !(await HashAsync(to, item, cancellationToken)).AsSpan().SequenceEqual(recorded))
                    return new CopiedArchive(item, CopyOutcome.Damaged, "the copy has not the digest in its sidecar; delete it and copy again");
                await from.DeleteAsync(item.Key, cancellationToken);
            }

            return new CopiedArchive(item, outcome);
        }
        catch (ArchiveStoreException exception)
        {
            return new CopiedArchive(item, CopyOutcome.Failed, exception.Message);
        }
        catch (DamagedException exception)
        {
            return new CopiedArchive(item, CopyOutcome.Damaged, exception.Message);
        }
    }

    /// <exception cref="ArchiveStoreException">Something else has its name there.</exception>
    private async Task<bool> IsThereAsync(StoredObject item, byte[]? sidecar, CancellationToken cancellationToken)
    {
        // Only what no sidecar vouches for is an earlier run's, and may be written again.
        var length = await to.GetLengthAsync(item.Key, cancellationToken);
        if (length is null || await to.ReadSidecarAsync(item.Key, cancellationToken) is not { } other)
            return false;
        if (length == item.Size && sidecar is not null && ArchiveSidecar.ProtectionApart(sidecar, other))
        {
            if (ArchiveSidecar.ProtectionVersionOf(sidecar) > ArchiveSidecar.ProtectionVersionOf(other))
                await WriteSidecarAsync(item.Key, sidecar, cancellationToken); // held, released or locked since it was copied
            return true;
        }

        throw new ArchiveStoreException(
            StoreFault.Unavailable, "the other store has another archive, or another sidecar, of this name. It was not touched.");
    }

    /// <summary>With the lock that it speaks of, where the other store can.</summary>
    private async Task WriteSidecarAsync(ArchiveKey key, byte[] sidecar, CancellationToken cancellationToken)
    {
        await to.WriteSidecarAsync(key, sidecar, cancellationToken);
        if (ArchiveSidecar.FromJson(sidecar).Protection?.LockedUntil is { } until)
            await to.LockAsync(key, until, cancellationToken);
    }

    private async Task<CopyOutcome> TransferAsync(
        StoredObject item, byte[]? sidecar, byte[]? recorded, CancellationToken cancellationToken)
    {
        // Nothing of an earlier run is built on: neither parts nor an object that nobody has vouched for.
        await to.AbortAsync(item.Key, cancellationToken);
        await to.DeleteAsync(item.Key, cancellationToken);
        await to.BeginAsync(item.Key, cancellationToken);
        await SendAsync(item, cancellationToken);
        var expected = recorded ?? await HashAsync(from, item, cancellationToken);
        if (!(await HashAsync(to, item, cancellationToken)).AsSpan().SequenceEqual(expected))
        {
            await to.DeleteAsync(item.Key, cancellationToken);
            throw new DamagedException((await HashAsync(from, item, cancellationToken)).AsSpan().SequenceEqual(expected)
                ? "the copy read back as other bytes and was deleted"
                : "its bytes have not the digest in its sidecar; it was not copied");
        }

        if (sidecar is null)
            return CopyOutcome.WithoutSidecar;

        await WriteSidecarAsync(item.Key, sidecar, cancellationToken);
        return CopyOutcome.Copied;
    }

    private async Task SendAsync(StoredObject item, CancellationToken cancellationToken)
    {
        var plan = PartPlan.Default;
        List<StoredPart> parts = [];
        for (var number = 1; plan.OffsetOf(number) < item.Size; number++)
        {
            var slot = new PartSlot(number, plan.OffsetOf(number), Math.Min(plan.SizeOf(number), item.Size - plan.OffsetOf(number)));
            parts.Add(new StoredPart(number, slot.Length, await SendPartAsync(item.Key, slot, cancellationToken)));
        }

        await to.FinishAsync(item.Key, parts, cancellationToken);
    }

    /// <summary>A store can't repeat a part by itself, as its bytes are a stream. Here they can be read once more.</summary>
    private async Task<string> SendPartAsync(ArchiveKey key, PartSlot slot, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause *= 2)
        {
            try
            {
                await using var content = await from.OpenReadAsync(key, slot.Offset, slot.Length, cancellationToken);
                return await to.WritePartAsync(key, slot, content, cancellationToken);
            }
            catch (ArchiveStoreException exception) when (
                exception.Fault == StoreFault.Unavailable && !S3Faults.IsRefusal(exception.InnerException) && pause <= LastPause)
            {
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    private static Task<byte[]> HashAsync(IArchiveStore store, StoredObject item, CancellationToken cancellationToken) =>
        ArchiveDigest.ComputeAsync(store, item.Key, item.Size, along: null, cancellationToken);

    /// <summary>The digest in the sidecar; null without one.</summary>
    private static byte[]? Recorded(byte[]? sidecar)
    {
        try
        {
            return sidecar is null ? null : Convert.FromHexString(ArchiveSidecar.FromJson(sidecar).Sha256);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new DamagedException($"its sidecar can't be read ({exception.Message}); it was not copied");
        }
    }

    /// <summary>Bytes are not those that were sealed.</summary>
    private sealed class DamagedException(string message) : Exception(message);
}

/// <summary>What became of one archive.</summary>
internal sealed record CopiedArchive(StoredObject Archive, CopyOutcome Outcome, string? Problem = null)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Word,-8} {Archive.Key} {Archive.Size} bytes{(Problem is null ? "" : $": {Problem}")}");

    private string Word => Outcome switch
    {
        CopyOutcome.Present => "present",
        CopyOutcome.Copied => "copied",
        CopyOutcome.WithoutSidecar => "copied",
        CopyOutcome.Damaged => "DAMAGED",
        _ => "FAILED",
    };
}

internal enum CopyOutcome
{
    /// <summary>It had been copied before.</summary>
    Present,

    /// <summary>Copied, read back, and what its sidecar says.</summary>
    Copied,

    /// <summary>Copied and read back; there is no sidecar to say what it should be.</summary>
    WithoutSidecar,

    /// <summary>The archive, its copy or its sidecar isn't what it should be.</summary>
    Damaged,

    /// <summary>A store didn't do its work; the next run tries again.</summary>
    Failed,
}
