namespace Backstay.Archive;

/// <summary>The first thousand problems, and how many there are.</summary>
internal sealed class ProblemList
{
    private const int MaxListed = 1000;
    private readonly List<ExtractionProblem> _listed = [];

    public IReadOnlyList<ExtractionProblem> Listed => _listed;

    public long Count { get; private set; }

    public void Add(ReadOnlySpan<byte> name, string message)
    {
        Count++;
        if (_listed.Count < MaxListed)
            _listed.Add(new ExtractionProblem(DisplayName.Of(name), message));
    }
}
