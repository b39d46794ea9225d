using System.Numerics;
using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// The last stage: <c>SEIPDv1 { literal { … } }</c> (RFC 4880 sections 5.13, 5.9, 5.14), in partial bodies, to the output.
/// Bytes pass through SHA-1 and AES-256-CFB of the system's library 64 KiB at a time.
/// </summary>
internal sealed class SealingStage : IDisposable
{
    private const int ChunkPower = 16;
    private const int Chunk = 1 << ChunkPower;

    private readonly Stream _output;
    private readonly ArchiveTally _tally;
    private readonly Aes _aes = Aes.Create();
    private readonly ICryptoTransform _cfb;
    private readonly IncrementalHash _mdc = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);

    private static readonly byte[] PartialLengths =
        [.. Enumerable.Range(0, 31).Select(OpenPgpFormat.PartialLength)];

    private const int HeaderRoom = 6; // a tag and a length of five bytes

    private readonly byte[] _plain = new byte[Chunk + 2 * OpenPgpFormat.MdcSize];
    private readonly byte[] _sealed = new byte[Chunk + 4 * OpenPgpFormat.AesBlock];
    private readonly byte[] _packet = new byte[HeaderRoom + Chunk];
    private int _plainLength;
    private int _bodyLength;
    private bool _tagWritten;

    public SealingStage(Stream output, SessionKey key, ArchiveTally tally)
    {
        _output = output;
        _tally = tally;
        byte[] bytes = key.Bytes.ToArray();
        _aes.Key = bytes;
        CryptographicOperations.ZeroMemory(bytes);
        _aes.IV = new byte[OpenPgpFormat.AesBlock];
        _aes.Mode = CipherMode.CFB;
        _aes.FeedbackSize = 128;
        _aes.Padding = PaddingMode.None;
        _cfb = _aes.CreateEncryptor();
    }

    public void Dispose()
    {
        _cfb.Dispose();
        _aes.Dispose();
        _mdc.Dispose();
    }

    /// <summary>Writes the envelope, then seals what comes out of the pipe, to its end.</summary>
    public async Task RunAsync(ReadOnlyMemory<byte> envelope, BlockPipe input, CancellationToken cancellationToken)
    {
        await WriteOutputAsync(envelope, cancellationToken).ConfigureAwait(false);
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        Block? current = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        bool first = true;
        while (current is not null)
        {
            Block? next = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            await AddLiteralAsync(current.Content, first, last: next is null, cancellationToken).ConfigureAwait(false);
            first = false;
            input.Return(current);
            current = next;
        }
        await EndAsync(cancellationToken).ConfigureAwait(false);
        await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        _packet[HeaderRoom] = 1; // version of the packet, the only byte of its body that isn't encrypted
        _bodyLength = 1;
        byte[] prefix = new byte[OpenPgpFormat.PrefixSize];
        RandomNumberGenerator.Fill(prefix.AsSpan(0, OpenPgpFormat.AesBlock));
        prefix.AsSpan(OpenPgpFormat.AesBlock - 2, 2).CopyTo(prefix.AsSpan(OpenPgpFormat.AesBlock));
        await SealAsync(prefix, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// A block of the literal's data. What isn't the last goes as partial bodies, whose lengths are powers of two; blocks are
    /// such powers, so that only the first one, which has the literal's head in front, needs more than one.
    /// </summary>
    private async ValueTask AddLiteralAsync(ReadOnlyMemory<byte> data, bool first, bool last, CancellationToken cancellationToken)
    {
        if (first)
        {
            await SealAsync(new[] { OpenPgpFormat.NewTag(OpenPgpFormat.LiteralTag) }, cancellationToken).ConfigureAwait(false);
            data = (byte[])[.. OpenPgpFormat.LiteralHead, .. data.Span];
        }
        while (!last && !data.IsEmpty)
        {
            int power = BitOperations.Log2((uint)data.Length);
            await SealAsync(PartialLengths.AsMemory(power, 1), cancellationToken).ConfigureAwait(false);
            await SealAsync(data[..(1 << power)], cancellationToken).ConfigureAwait(false);
            data = data[(1 << power)..];
        }
        if (last)
        {
            byte[] length = new byte[5];
            int size = OpenPgpFormat.WriteLength(length, data.Length);
            await SealAsync(length.AsMemory(0, size), cancellationToken).ConfigureAwait(false);
            await SealAsync(data, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The MDC covers all plaintext up to its own header.</summary>
    private async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        await SealAsync(OpenPgpFormat.MdcHeader.ToArray(), cancellationToken).ConfigureAwait(false);
        _mdc.AppendData(_plain, 0, _plainLength);
        _mdc.TryGetHashAndReset(_plain.AsSpan(_plainLength), out int digest);
        await EncryptAsync(_plainLength + digest, cancellationToken).ConfigureAwait(false);
        await WriteBodyAsync(last: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes plaintext; every full chunk is hashed and encrypted.</summary>
    private async ValueTask SealAsync(ReadOnlyMemory<byte> plain, CancellationToken cancellationToken)
    {
        while (!plain.IsEmpty)
        {
            int count = Math.Min(Chunk - _plainLength, plain.Length);
            plain.Span[..count].CopyTo(_plain.AsSpan(_plainLength));
            _plainLength += count;
            plain = plain[count..];
            if (_plainLength == Chunk)
            {
                _mdc.AppendData(_plain, 0, Chunk);
                await EncryptAsync(Chunk, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Encrypts what is collected. Only the last call may have a length that isn't a multiple of AES's block.</summary>
    private async ValueTask EncryptAsync(int length, CancellationToken cancellationToken)
    {
        int whole = (length + OpenPgpFormat.AesBlock - 1) & -OpenPgpFormat.AesBlock;
        _cfb.TransformBlock(_plain, 0, whole, _sealed, 0);
        _plainLength = 0;
        for (int done = 0; done < length;)
        {
            int count = Math.Min(Chunk - _bodyLength, length - done);
            _sealed.AsSpan(done, count).CopyTo(_packet.AsSpan(HeaderRoom + _bodyLength));
            _bodyLength += count;
            done += count;
            if (_bodyLength == Chunk)
                await WriteBodyAsync(last: false, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask WriteBodyAsync(bool last, CancellationToken cancellationToken)
    {
        byte[] header = new byte[HeaderRoom];
        int size = 0;
        if (!_tagWritten)
            header[size++] = OpenPgpFormat.NewTag(OpenPgpFormat.SealedTag);
        _tagWritten = true;
        if (last)
            size += OpenPgpFormat.WriteLength(header.AsSpan(size), _bodyLength);
        else
            header[size++] = OpenPgpFormat.PartialLength(ChunkPower);
        header.AsSpan(0, size).CopyTo(_packet.AsSpan(HeaderRoom - size));
        await WriteOutputAsync(_packet.AsMemory(HeaderRoom - size, size + _bodyLength), cancellationToken).ConfigureAwait(false);
        _bodyLength = 0;
    }

    private async ValueTask WriteOutputAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        _tally.CountSealed(bytes.Length);
    }
}
