using System.Buffers.Binary;

namespace Backstay.Archive;

/// <summary>Takes the one literal packet (RFC 4880 section 5.9) apart that is inside of the sealed one.</summary>
internal sealed class LiteralParser
{
    private enum State
    {
        Tag,
        Length,
        Head,
        Data,
    }

    private readonly byte[] _small = new byte[8]; // a length or a head that comes in pieces
    private State _state = State.Tag;
    private int _have;
    private int _headLeft = OpenPgpFormat.LiteralHead.Length;
    private long _left;
    private bool _partial;

    /// <summary>The packet has been read to its end.</summary>
    public bool IsComplete => _state == State.Data && _left == 0 && !_partial && _headLeft == 0;

    /// <summary>Takes plaintext apart and writes the packet's data on.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> plain, BlockWriter output, CancellationToken cancellationToken)
    {
        while (!plain.IsEmpty)
        {
            switch (_state)
            {
                case State.Tag:
                    if (plain.Span[0] != OpenPgpFormat.NewTag(OpenPgpFormat.LiteralTag))
                    {
                        throw new ArchiveException(
                            ArchiveFault.UnsupportedFormat, "What is sealed isn't a literal packet as archives have it (gpg's own compression?).");
                    }
                    _state = State.Length;
                    plain = plain[1..];
                    break;
                case State.Length:
                    TakeLength(plain.Span[0]);
                    plain = plain[1..];
                    break;
                case State.Head:
                    TakeHead(plain.Span[0]);
                    plain = plain[1..];
                    break;
                default:
                    if (_left == 0 && !_partial)
                        throw OpeningStage.Damaged("something follows the literal packet.");
                    ReadOnlyMemory<byte> data = plain[..(int)Math.Min(plain.Length, _left)];
                    await output.WriteAsync(data, cancellationToken).ConfigureAwait(false);
                    _left -= data.Length;
                    plain = plain[data.Length..];
                    if (_left == 0 && _partial)
                        _state = State.Length;
                    break;
            }
        }
    }

    private void TakeLength(byte next)
    {
        _small[_have++] = next;
        byte first = _small[0];
        int needed = first < 192 ? 1 : first < 224 ? 2 : first < 255 ? 1 : 5;
        if (_have < needed)
            return;
        _partial = first is >= 224 and < 255;
        _left = needed switch
        {
            1 => _partial ? 1L << (first & 0x1f) : first,
            2 => ((first - 192) << 8) + _small[1] + 192,
            _ => BinaryPrimitives.ReadUInt32BigEndian(_small.AsSpan(1)),
        };
        _have = 0;
        _state = _headLeft > 0 ? State.Head : State.Data;
        if (_state == State.Head && _left < _headLeft)
            throw OpeningStage.Damaged("the literal packet is too short.");
    }

    /// <summary>Format, length of a file name, date: only the date may be anything.</summary>
    private void TakeHead(byte next)
    {
        int at = OpenPgpFormat.LiteralHead.Length - _headLeft;
        if (at < 2 && next != OpenPgpFormat.LiteralHead[at])
            throw new ArchiveException(ArchiveFault.UnsupportedFormat, "The literal packet isn't binary without a name, as archives have it.");
        _headLeft--;
        _left--;
        if (_headLeft == 0)
            _state = _left == 0 && _partial ? State.Length : State.Data;
    }
}
