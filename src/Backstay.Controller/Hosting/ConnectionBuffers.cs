using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Backstay.Controller.Hosting;

/// <summary>
/// The buffers of connections, large enough for a TLS record (16 KiB of content, RFC 8446 section 5.1) and what it is wrapped in. Kestrel's own
/// have 4 KiB: five reads from the socket for a record that comes in, and a record of its own for every 4 KiB that goes out
/// (docs/decisions/0157). A connection that is idle holds none.
/// </summary>
internal sealed class ConnectionBuffers : IMemoryPoolFactory<byte>
{
    private const int Size = 32 * 1024;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    /// <summary>From the pool of the process, which gives memory back when there is little of it.</summary>
    private sealed class Pool : MemoryPool<byte>
    {
        public override int MaxBufferSize => Size;

        /// <param name="minBufferSize">Bytes, up to <see cref="MaxBufferSize"/>; every buffer has all of them.</param>
        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, Size);
            return new Rented(ArrayPool<byte>.Shared.Rent(Size));
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class Rented(byte[] buffer) : IMemoryOwner<byte>
    {
        private byte[]? _buffer = buffer;

        public Memory<byte> Memory => _buffer ?? throw new ObjectDisposedException(nameof(Rented));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
