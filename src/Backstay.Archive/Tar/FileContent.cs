using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// Copies the content of large files and streams into the tar stream, exactly as many bytes as the header has promised,
/// whatever happens to the file meanwhile.
/// </summary>
internal sealed class FileContent(BlockWriter output, ArchiveTally tally, IncrementalHash hash)
{
    private static readonly byte[] Zeros = new byte[64 * 1024];

    /// <summary>Copies an open file, by its map of data if it has holes.</summary>
    /// <param name="entry">Its descriptor and status.</param>
    /// <param name="map">Null for a file without holes.</param>
    /// <param name="digest">Gets the SHA-256 of the file as it will be restored.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask CopyFileAsync(
        CollectedEntry entry, SparseMap? map, byte[] digest, CancellationToken cancellationToken)
    {
        bool complete = true;
        if (map is null)
        {
            complete = await CopyRunAsync(entry, new DataRun(0, entry.Status.Size), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await output.WriteAsync(map.Encoded, cancellationToken).ConfigureAwait(false);
            long at = 0;
            foreach (DataRun run in map.Runs)
            {
                HashZeros(run.Offset - at, cancellationToken);
                if (complete)
                    complete = await CopyRunAsync(entry, run, cancellationToken).ConfigureAwait(false);
                else
                    await FillAsync(entry, run.Length, cancellationToken).ConfigureAwait(false);
                at = run.Offset + run.Length;
            }
            tally.CountBytes(entry.Section, map.RealSize - map.DataSize);
        }
        hash.TryGetHashAndReset(digest, out _);
        if (complete)
            WarnIfChanged(entry);
    }

    /// <summary>Copies a stream of a length that was promised.</summary>
    public async ValueTask CopyStreamAsync(CollectedEntry entry, byte[] digest, CancellationToken cancellationToken)
    {
        long left = entry.Status.Size;
        while (left > 0)
        {
            Memory<byte> room = await output.GetMemoryAsync(cancellationToken).ConfigureAwait(false);
            room = room[..(int)Math.Min(room.Length, left)];
            int count = await entry.Stream!.ReadAsync(room, cancellationToken).ConfigureAwait(false);
            if (count == 0)
                break;
            Took(entry, room.Span[..count]);
            left -= count;
        }
        if (left > 0)
        {
            Warn(entry, WarningKind.Shrank, $"It ended {left} bytes before the {entry.Status.Size} it was said to have.");
            await FillAsync(entry, left, cancellationToken).ConfigureAwait(false);
        }
        hash.TryGetHashAndReset(digest, out _);
    }

    /// <summary>Copies a run; false if the file gave less, and the rest was filled with zeros.</summary>
    private async ValueTask<bool> CopyRunAsync(CollectedEntry entry, DataRun run, CancellationToken cancellationToken)
    {
        long at = run.Offset, end = run.Offset + run.Length;
        while (at < end)
        {
            Memory<byte> room = await output.GetMemoryAsync(cancellationToken).ConfigureAwait(false);
            room = room[..(int)Math.Min(room.Length, end - at)];
            Errno error = LinuxFile.ReadAt(entry.Fd, room.Span, at, out int count);
            if (error != Errno.None || count == 0)
            {
                if (error != Errno.None)
                    Warn(entry, WarningKind.Unreadable, $"It could not be read from byte {at} on: {Libc.Describe(error)}.");
                else
                    Warn(entry, WarningKind.Shrank, $"It shrank from {entry.Status.Size} to {at} bytes while it was read.");
                await FillAsync(entry, end - at, cancellationToken).ConfigureAwait(false);
                return false;
            }
            Took(entry, room.Span[..count]);
            at += count;
        }
        return true;
    }

    private void WarnIfChanged(CollectedEntry entry)
    {
        if (FileStatus.Of(entry.Fd, out FileStatus now) != Errno.None)
            return;
        if (now.Size > entry.Status.Size)
            Warn(entry, WarningKind.Grew, $"It grew while it was read; the first {entry.Status.Size} bytes are archived.");
        else if (now.Size != entry.Status.Size || now.Modified != entry.Status.Modified)
            Warn(entry, WarningKind.Changed, "It was written to while it was read; old and new content may be mixed.");
    }

    private void Took(CollectedEntry entry, ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        output.Advance(bytes.Length);
        tally.CountBytes(entry.Section, bytes.Length);
    }

    private async ValueTask FillAsync(CollectedEntry entry, long count, CancellationToken cancellationToken)
    {
        HashZeros(count, cancellationToken);
        await output.WriteZerosAsync(count, cancellationToken).ConfigureAwait(false);
        tally.CountBytes(entry.Section, count);
    }

    private void HashZeros(long count, CancellationToken cancellationToken)
    {
        for (; count > 0; count -= Math.Min(count, Zeros.Length))
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(Zeros.AsSpan(0, (int)Math.Min(count, Zeros.Length)));
        }
    }

    private void Warn(CollectedEntry entry, WarningKind kind, string message)
        => tally.Warn(entry.Section, entry.SourcePath, kind, message);
}
