namespace Backstay.Archive;

/// <summary>
/// Reading as stages, the writer's in reverse: OpenPGP → zstd → tar. The first two are tasks; the tar reader is pulled by
/// whoever looks at entries.
/// </summary>
internal sealed class ReadingPipeline : IAsyncDisposable
{
    private const int CompressedBlocks = 8;
    private const int CompressedBlockSize = 128 * 1024;
    private const int TarBlocks = 8;
    private const int TarBlockSize = 256 * 1024;

    private readonly CancellationTokenSource _stop;
    private readonly OpeningStage _opening;
    private readonly Task _stages;

    /// <param name="isProven">It was read to its end before, and what comes out is compared with what came out then.</param>
    public ReadingPipeline(Stream archive, Unlock unlock, ReadOptions options, CancellationToken cancellationToken, bool isProven = false)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var compressed = new BlockPipe(CompressedBlocks, CompressedBlockSize);
        var tar = new BlockPipe(TarBlocks, TarBlockSize);
        _opening = new OpeningStage(archive, unlock, isProven);
        Tar = new TarReader(tar, options);
        _stages = Task.WhenAll(
            StartStage(compressed, token => _opening.RunAsync(compressed, token)),
            StartStage(tar, token => DecompressStage.RunAsync(compressed, tar, options, () => _opening.Position, token)));
    }

    public TarReader Tar { get; }

    public long SealedBytes => _opening.Position;

    /// <summary>Known as soon as there is an entry.</summary>
    public string EnvelopeSha256 => _opening.EnvelopeSha256!;

    /// <summary>A copy of the key that opened the archive; there is one as soon as there is an entry.</summary>
    public SessionKey CopyKey() => new(_opening.Key!.Bytes);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _stages.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _opening.Dispose();
    }

    /// <summary>A failure travels down the pipe behind the data before it.</summary>
    private Task StartStage(BlockPipe output, Func<CancellationToken, Task> run) => Task.Run(async () =>
    {
        try
        {
            await run(_stop.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            output.Complete(e);
        }
    });
}
