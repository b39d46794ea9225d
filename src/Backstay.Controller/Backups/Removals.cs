using System.Threading.Channels;
using Backstay.Controller.Storage;

namespace Backstay.Controller.Backups;

/// <summary>
/// Tells the <see cref="RemovalWorker"/> of this controller what is to go from the store: nobody who ends or deletes a backup waits for
/// the store. What attempts left is told here alone; lost, or beyond what is remembered, the orphan sweep takes it. Deletions are marked
/// in their rows, and waking is a hint.
/// </summary>
internal sealed class Removals(TimeProvider time) : Hint(time)
{
    private const int MostLeftovers = 10_000;

    private readonly Channel<Leftover> _leftovers =
        Channel.CreateBounded<Leftover>(new BoundedChannelOptions(MostLeftovers) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Throws away, soon, what an attempt left that can't become a success any more.</summary>
    /// <param name="unseen">Nobody could look whether there is a finished archive; then only what is unfinished goes.</param>
    public void Discard(ArchiveKey key, bool unseen = false) => _leftovers.Writer.TryWrite(new Leftover(key, unseen));

    public IAsyncEnumerable<Leftover> LeftoversAsync(CancellationToken cancellationToken) => _leftovers.Reader.ReadAllAsync(cancellationToken);

    internal readonly record struct Leftover(ArchiveKey Key, bool Unseen);
}
