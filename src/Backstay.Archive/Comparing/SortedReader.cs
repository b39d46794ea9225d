using Microsoft.Win32.SafeHandles;

namespace Backstay.Archive;

/// <summary>Merges sorted runs while they are read.</summary>
internal sealed class SortedReader
{
    private readonly PriorityQueue<Run, Run> _runs = new(new ByKeyThenOrder());
    private Run? _current;

    /// <param name="file">Stays the caller's.</param>
    /// <param name="runs">In the order in which their records were added.</param>
    public SortedReader(SafeFileHandle file, IReadOnlyList<FileRun> runs)
    {
        for (int i = 0; i < runs.Count; i++)
            EnqueueNext(new Run(file, runs[i], i));
    }

    /// <summary>Valid until the next call of <see cref="MoveNext"/>.</summary>
    public SpooledRecord Current => _current!.Record;

    /// <summary>Goes to the next record; false after the last.</summary>
    public bool MoveNext()
    {
        if (_current is not null)
            EnqueueNext(_current);
        return _runs.TryDequeue(out _current, out _);
    }

    private void EnqueueNext(Run run)
    {
        if (run.MoveNext())
            _runs.Enqueue(run, run);
    }

    private sealed class ByKeyThenOrder : IComparer<Run>
    {
        public int Compare(Run? x, Run? y)
        {
            int byKey = x!.Record.Key.SequenceCompareTo(y!.Record.Key);
            return byKey != 0 ? byKey : x.Order.CompareTo(y.Order);
        }
    }

    private sealed class Run(SafeFileHandle file, FileRun place, int order)
    {
        private byte[] _buffer = new byte[16 * 1024];
        private long _at = place.Start;
        private int _start;
        private int _end;
        private int _length;

        public int Order { get; } = order;

        public SpooledRecord Record => SpooledRecord.At(_buffer.AsSpan(_start, _length));

        public bool MoveNext()
        {
            _start += _length;
            _length = 0;
            if (_start == _end && _at == place.End)
                return false;
            Have(SpooledRecord.HeadLength);
            int length = SpooledRecord.LengthOf(_buffer.AsSpan(_start));
            Have(length);
            _length = length;
            return true;
        }

        /// <summary>Reads on until so many bytes of a record are there.</summary>
        private void Have(int count)
        {
            if (_end - _start >= count)
                return;
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            if (_buffer.Length < count)
                Array.Resize(ref _buffer, count);
            while (_end < count)
            {
                int room = (int)Math.Min(_buffer.Length - _end, place.End - _at);
                int read = RandomAccess.Read(file, _buffer.AsSpan(_end, room), _at);
                if (read == 0)
                    throw new IOException("The temporary file of a comparison was cut short.");
                _end += read;
                _at += read;
            }
        }
    }
}
