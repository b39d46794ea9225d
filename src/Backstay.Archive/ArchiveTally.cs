namespace Backstay.Archive;

/// <summary>Counts and warnings of an archive in the making. Safe from any thread.</summary>
internal sealed class ArchiveTally
{
    private const int MaxPathBytes = 1024;
    private const int MaxMessageLength = 1000;

    private readonly Lock _lock = new();
    private readonly Counts[] _sections = new Counts[ArchiveSections.Count];
    private readonly List<ArchiveWarning> _warnings = [];
    private readonly byte[] _path = new byte[MaxPathBytes];
    private int _pathLength;
    private ArchiveSection? _section;
    private long _entries;
    private long _warningCount;
    private long _sealedBytes;

    private struct Counts
    {
        public long Files, Directories, Links, Others, Bytes, Warnings;
    }

    /// <summary>An entry begins.</summary>
    public void Begin(ArchiveSection section, ReadOnlySpan<byte> path)
    {
        lock (_lock)
        {
            _section = section;
            _pathLength = Math.Min(path.Length, MaxPathBytes);
            path[.._pathLength].CopyTo(_path);
        }
    }

    /// <summary>An entry is in the stream.</summary>
    public void Count(ArchiveSection section, ArchiveEntryKind kind)
    {
        lock (_lock)
        {
            _entries++;
            ref Counts counts = ref _sections[(int)section];
            switch (kind)
            {
                case ArchiveEntryKind.File: counts.Files++; break;
                case ArchiveEntryKind.Directory: counts.Directories++; break;
                case ArchiveEntryKind.SymbolicLink or ArchiveEntryKind.HardLink: counts.Links++; break;
                default: counts.Others++; break;
            }
        }
    }

    /// <summary>Content went into the stream.</summary>
    public void CountBytes(ArchiveSection section, long bytes)
    {
        lock (_lock)
            _sections[(int)section].Bytes += bytes;
    }

    public void CountSealed(long bytes) => Interlocked.Add(ref _sealedBytes, bytes);

    public void Warn(ArchiveSection section, ReadOnlySpan<byte> path, WarningKind kind, string message)
        => Warn(new ArchiveWarning(section, DisplayName.Of(path), kind, message));

    public void Warn(ArchiveWarning warning)
    {
        lock (_lock)
        {
            _warningCount++;
            _sections[(int)warning.Section].Warnings++;
            if (_warnings.Count < ArchiveSummary.MaxListedWarnings)
            {
                _warnings.Add(warning.Message.Length <= MaxMessageLength
                    ? warning
                    : warning with { Message = warning.Message[..MaxMessageLength] + "…" });
            }
        }
    }

    public ArchiveProgress Progress()
    {
        lock (_lock)
        {
            long files = 0, bytes = 0;
            foreach (ref readonly Counts counts in _sections.AsSpan())
            {
                files += counts.Files;
                bytes += counts.Bytes;
            }
            string path = DisplayName.Of(_path.AsSpan(0, _pathLength));
            return new ArchiveProgress(_entries, files, bytes, Interlocked.Read(ref _sealedBytes), _warningCount, _section, path);
        }
    }

    public ArchiveSummary Summarize(ArchiveManifest manifest, DateTimeOffset ended)
    {
        lock (_lock)
        {
            var sections = new List<SectionSummary>();
            for (var section = ArchiveSection.Config; section <= ArchiveSection.Audit; section++)
            {
                Counts c = _sections[(int)section];
                if (manifest.Sections.Contains(section) || c.Files + c.Directories + c.Links + c.Others + c.Warnings > 0)
                    sections.Add(new SectionSummary(section, c.Files, c.Directories, c.Links, c.Others, c.Bytes, c.Warnings));
            }
            return new ArchiveSummary
            {
                Started = manifest.Started,
                Ended = ended,
                Sections = sections,
                WarningCount = _warningCount,
                Warnings = [.. _warnings],
            };
        }
    }
}
