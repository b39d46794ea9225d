namespace Backstay.Controller.Storage;

/// <summary>
/// Where archive bytes live. Parts go in, a finished object comes out; a finished object is never written again. Every call can
/// be repeated with the same result, as the one before it may have worked although its answer was lost. Failures are
/// <see cref="ArchiveStoreException"/>; anything else is a bug.
/// </summary>
/// <remarks>
/// The shape is that of S3's multipart upload, so that a bucket is a store without a detour over a disk. An attempt has a
/// name of its own for its whole life: no attempt can write, finish or remove what belongs to another.
/// </remarks>
internal interface IArchiveStore
{
    /// <summary>Opens an attempt for parts.</summary>
    /// <exception cref="ArchiveStoreException"><see cref="StoreFault.Full"/> when there is hardly any room to begin with.</exception>
    Task BeginAsync(ArchiveKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the right to write one part, and to record it, from all other controllers; disposing the answer gives it back, and so does
    /// the end of the process. A store that takes a part whole or not at all has nothing to take: a writer that comes late can't leave
    /// half of a part there, and the tag that was recorded decides which of two counts. So it is with an attempt that isn't open.
    /// </summary>
    /// <returns>Null when another controller has it.</returns>
    Task<IDisposable?> HoldPartAsync(ArchiveKey key, PartSlot slot, CancellationToken cancellationToken);

    /// <summary>
    /// Writes one part; when this returns, its bytes outlive a power cut. If <paramref name="content"/> throws, or ends before
    /// <see cref="PartSlot.Length"/>, there is no such part. Two writers of one part of one attempt at the same time are the
    /// caller's to prevent (<see cref="HoldPartAsync"/>); different parts may be written at the same time.
    /// </summary>
    /// <param name="key">An attempt that was begun.</param>
    /// <param name="slot">Which part.</param>
    /// <param name="content">Read once, to its end.</param>
    /// <param name="cancellationToken">Stops; there is no such part then.</param>
    /// <returns>What <see cref="FinishAsync"/> needs to find the part again.</returns>
    /// <exception cref="ArchiveStoreException"><see cref="StoreFault.Full"/>; <see cref="StoreFault.Missing"/> when the attempt was
    /// never begun, or is finished or aborted.</exception>
    Task<string> WritePartAsync(ArchiveKey key, PartSlot slot, Stream content, CancellationToken cancellationToken);

    /// <summary>Makes the parts one object that can be read, and that outlives a power cut, in one step that can't be half done.</summary>
    /// <param name="parts">All of them, in order, without a gap.</param>
    /// <exception cref="ArchiveStoreException"><see cref="StoreFault.Missing"/> when bytes of a part, or the attempt, aren't there.</exception>
    Task FinishAsync(ArchiveKey key, IReadOnlyList<StoredPart> parts, CancellationToken cancellationToken);

    /// <summary>Throws an unfinished attempt away. Nothing happens when there is none; a finished object is not touched.</summary>
    Task AbortAsync(ArchiveKey key, CancellationToken cancellationToken);

    /// <summary>Bytes of a finished object, or null when there is none.</summary>
    Task<long?> GetLengthAsync(ArchiveKey key, CancellationToken cancellationToken);

    /// <summary>Reads <paramref name="length"/> bytes from <paramref name="offset"/> on; within the object, or it is a bug.</summary>
    /// <exception cref="ArchiveStoreException"><see cref="StoreFault.Missing"/> when there is no such object.</exception>
    Task<Stream> OpenReadAsync(ArchiveKey key, long offset, long length, CancellationToken cancellationToken);

    /// <summary>Puts a small document beside an object, in place of the one that was there, in one step that can't be half done.</summary>
    Task WriteSidecarAsync(ArchiveKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken);

    /// <summary>The document beside an object, or null.</summary>
    Task<byte[]?> ReadSidecarAsync(ArchiveKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Has the store itself refuse to lose a finished object and its sidecar before then, where it can (S3 Object Lock). A lock that ends
    /// later stays as it is. A store that can't does nothing: the catalog's word is all that there is.
    /// </summary>
    Task LockAsync(ArchiveKey key, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Removes a finished object and its sidecar. Nothing happens when there is none.</summary>
    Task DeleteAsync(ArchiveKey key, CancellationToken cancellationToken);

    /// <summary>Everything that is there, finished or not. An enumeration that fails has to be taken as having said nothing.</summary>
    IAsyncEnumerable<StoredObject> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The attempts that have a sidecar, whether their object is there or not. As with <see cref="ListAsync"/>, one that fails has said
    /// nothing.
    /// </summary>
    IAsyncEnumerable<ArchiveKey> ListSidecarsAsync(CancellationToken cancellationToken);

    /// <summary>Bytes that can still be stored, or null where that isn't known.</summary>
    Task<long?> GetFreeSpaceAsync(CancellationToken cancellationToken);
}

/// <summary>One attempt to store one archive, and the object that comes of it.</summary>
internal readonly record struct ArchiveKey(Guid BackupId, int Attempt)
{
    /// <summary>The name in the store: <c>BACKUP.ATTEMPT</c>.</summary>
    public override string ToString() => $"{BackupId:D}.{Attempt}";

    public static bool TryParse(ReadOnlySpan<char> name, out ArchiveKey key)
    {
        var dot = name.IndexOf('.');
        var valid = Guid.TryParseExact(dot < 0 ? default : name[..dot], "D", out var backup)
            & int.TryParse(
                name[(dot + 1)..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var attempt);
        key = new(backup, attempt);
        return valid;
    }
}

/// <summary>Which part: its number from 1 on, and where in the archive its bytes belong.</summary>
/// <param name="Sha256">Of its bytes, where it is known beforehand: a store on the other side of a network has them checked there.</param>
internal readonly record struct PartSlot(int Number, long Offset, long Length, byte[]? Sha256 = null);

/// <summary>A part that was written, and the tag that writing it gave.</summary>
internal readonly record struct StoredPart(int Number, long Length, string Tag);

/// <summary>Something that a store holds.</summary>
/// <param name="Finished">An object that can be read; otherwise an attempt with any number of parts.</param>
/// <param name="Size">In bytes; 0 for an unfinished attempt where the store doesn't say.</param>
/// <param name="LastWritten">When its bytes last changed, or when the attempt was begun where the store knows no more.</param>
internal readonly record struct StoredObject(ArchiveKey Key, bool Finished, long Size, DateTimeOffset LastWritten);
