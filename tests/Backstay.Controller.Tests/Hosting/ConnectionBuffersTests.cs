using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using Backstay.Controller.Hosting;

namespace Backstay.Controller.Tests.Hosting;

public sealed class ConnectionBuffersTests
{
    private const int RecordHeader = 5; // type, version, length: RFC 8446, section 5.1
    private const int SmallBuffer = 4096;
    private const byte ApplicationData = 23;

    [Fact]
    public async Task What_a_controller_sends_comes_in_records_larger_than_the_buffers_of_Kestrel()
    {
        await using var host = await ControllerHost.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(host.Http.BaseAddress!.Host, host.Http.BaseAddress.Port);
        await using var wire = new RecordingStream(client.GetStream());
        await using var tls = new SslStream(wire, leaveInnerStreamOpen: true, (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync("localhost");

        await tls.WriteAsync("GET /openapi/v1.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray());
        await tls.CopyToAsync(Stream.Null);

        var records = Records(wire.Received).ToList();
        Assert.True(records.Sum() > 10 * SmallBuffer, $"Too little came to tell: {string.Join(' ', records)}");
        Assert.True(records.Max() > 2 * SmallBuffer, string.Join(' ', records));
    }

    [Fact]
    public void A_buffer_holds_a_TLS_record_and_is_its_owners_alone_until_it_is_given_back()
    {
        using var pool = new ConnectionBuffers().Create();
        var first = pool.Rent();
        using var second = pool.Rent(1);

        Assert.InRange(first.Memory.Length, RecordHeader + 16384 + 256, pool.MaxBufferSize);
        Assert.Equal(first.Memory.Length, second.Memory.Length);
        Assert.False(first.Memory.Span.Overlaps(second.Memory.Span));

        first.Dispose();
        first.Dispose(); // once more gives nothing back that is somebody else's by now
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
        using var third = pool.Rent();
        using var fourth = pool.Rent();
        Assert.False(third.Memory.Span.Overlaps(fourth.Memory.Span));
    }

    [Fact]
    public void More_than_a_buffer_holds_is_refused()
    {
        using var pool = new ConnectionBuffers().Create();

        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(pool.MaxBufferSize + 1));
    }

    /// <summary>Lengths of the records that carry content, as they stand on the wire.</summary>
    private static IEnumerable<int> Records(byte[] received)
    {
        for (var at = 0; at + RecordHeader <= received.Length;)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(received.AsSpan(at + 3));
            if (received[at] == ApplicationData)
                yield return length;
            at += RecordHeader + length;
        }
    }

    /// <summary>Keeps a copy of what is read.</summary>
    private sealed class RecordingStream(NetworkStream inner) : Stream
    {
        private readonly MemoryStream _received = new();

        public byte[] Received => _received.ToArray();

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            _received.Write(buffer.Span[..count]);
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Flush() => inner.Flush();
        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
