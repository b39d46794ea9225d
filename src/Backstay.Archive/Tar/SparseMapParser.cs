namespace Backstay.Archive;

/// <summary>Reads the map in front of a sparse file's data, block by block; runs must be in order and within the file.</summary>
internal sealed class SparseMapParser(long realSize)
{
    private long _number;
    private int _digits;
    private long _count = -1;
    private long? _offset;
    private long _end;

    public List<DataRun> Runs { get; } = [];

    public long DataSize { get; private set; }

    public bool IsComplete => Runs.Count == _count;

    public void Take(ReadOnlySpan<byte> block)
    {
        foreach (byte b in block)
        {
            if (IsComplete)
                return; // padding
            if (b is >= (byte)'0' and <= (byte)'9' && _digits < 18)
            {
                _number = _number * 10 + (b - '0');
                _digits++;
            }
            else if (b == '\n' && _digits > 0)
            {
                TakeNumber(_number);
                _number = _digits = 0;
            }
            else
            {
                throw OpeningStage.Damaged("a map of a sparse file that isn't one.");
            }
        }
    }

    private void TakeNumber(long number)
    {
        if (_count < 0)
        {
            if (number > SparseMap.MaxRuns)
                throw new ArchiveException(ArchiveFault.TooLarge, $"A sparse file has more than {SparseMap.MaxRuns} runs of data.");
            _count = number;
        }
        else if (_offset is null)
        {
            _offset = number;
        }
        else
        {
            if (_offset < _end || _offset + number > realSize)
                throw OpeningStage.Damaged("a map of a sparse file that isn't in order.");
            Runs.Add(new DataRun(_offset.Value, number));
            _end = _offset.Value + number;
            DataSize += number;
            _offset = null;
        }
    }
}
