using System.Buffers;
using System.Security.Cryptography;

namespace Backstay.Controller.Storage;

/// <summary>Reads stored archives back.</summary>
internal static class ArchiveDigest
{
    private const int BufferSize = 256 * 1024;

    /// <returns>The SHA-256 of the stored bytes.</returns>
    /// <param name="along">Done after every 256 KiB or less: to go on holding what has to be held meanwhile.</param>
    /// <exception cref="ArchiveStoreException">
    /// <see cref="StoreFault.Missing"/>: it is not there, or not of this size. Otherwise it can't be read now, which says nothing about
    /// its bytes.
    /// </exception>
    public static async Task<byte[]> ComputeAsync(
        IArchiveStore store, ArchiveKey key, long size, Func<CancellationToken, Task>? along, CancellationToken cancellationToken)
    {
        if (await store.GetLengthAsync(key, cancellationToken) is var length && length != size)
            throw new ArchiveStoreException(StoreFault.Missing, $"{length ?? 0} of {size} bytes of {key} are there.");

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var content = await store.OpenReadAsync(key, 0, size, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer.AsMemory(0, BufferSize), cancellationToken)) > 0)
            {
                hash.AppendData(buffer, 0, read);
                if (along is not null)
                    await along(cancellationToken);
            }
        }
        catch (IOException exception)
        {
            throw new ArchiveStoreException(StoreFault.Unavailable, exception.Message, exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return hash.GetHashAndReset();
    }
}
