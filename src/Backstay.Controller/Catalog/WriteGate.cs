using Microsoft.Extensions.Options;

namespace Backstay.Controller.Catalog;

/// <summary>
/// SQLite lets one writer in at a time and makes the others wait on their threads, in no order. The writers on the hot path (parts,
/// leases, starts) wait here instead: in order, and without a thread each, so that a burst of them doesn't keep readers from
/// being served. Nothing is wrong without it, only slow. On PostgreSQL, where writers don't wait for each other, it stands open.
/// </summary>
internal sealed class WriteGate(IOptions<CatalogOptions> options) : IDisposable
{
    private readonly SemaphoreSlim? _writer = options.Value.Provider is CatalogProvider.Sqlite ? new(1) : null;

    /// <summary>Waits for the turn; disposing the answer ends it. Not to be entered twice by one caller.</summary>
    public async Task<Turn> EnterAsync(CancellationToken cancellationToken)
    {
        if (_writer is not null)
            await _writer.WaitAsync(cancellationToken);
        return new Turn(_writer);
    }

    public void Dispose() => _writer?.Dispose();

    /// <summary>The turn of one writer.</summary>
    public readonly struct Turn(SemaphoreSlim? writer) : IDisposable
    {
        public void Dispose() => writer?.Release();
    }
}
