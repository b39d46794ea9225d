using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Threading.Channels;
using Backstay.Agent.Sources;
using Backstay.Protocol.Agent;

namespace Backstay.Agent.Backup;

/// <summary>A numbered piece of the archive, on its way.</summary>
internal sealed record Part(int Number, PartBuffer Content);

/// <summary>What was cut.</summary>
/// <param name="Parts">How many, numbered 1 to this.</param>
/// <param name="Size">Bytes of the whole archive.</param>
/// <param name="Sha256">Of the whole archive, lower-case hex.</param>
internal sealed record CutArchive(int Parts, long Size, string Sha256);

/// <summary>The stage that cuts the sealed stream into the parts of the plan, and hashes the whole on the way.</summary>
internal sealed class PartCutter(PartPlan plan, PartBuffers buffers)
{
    private long _size;

    /// <summary>Bytes cut so far, from any thread.</summary>
    public long Size => Volatile.Read(ref _size);

    /// <summary>Reads to the end of the pipe. Both ends are completed in every case, so that the neighbours can't wait for us.</summary>
    /// <exception cref="SourceFailedException">More than the plan holds, or no room in the spool folder.</exception>
    public async Task<CutArchive> CutAsync(PipeReader sealedBytes, ChannelWriter<Part> parts, CancellationToken cancellationToken)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        PartBuffer? filling = null;
        var number = 0;
        try
        {
            ReadResult read;
            do
            {
                read = await sealedBytes.ReadAsync(cancellationToken);
                foreach (var segment in read.Buffer)
                {
                    whole.AppendData(segment.Span);
                    for (var rest = segment; rest.Length > 0;)
                    {
                        filling ??= await NextAsync(++number, cancellationToken);
                        var piece = rest[..(int)Math.Min(rest.Length, filling.Left)];
                        await filling.AppendAsync(piece, cancellationToken);
                        rest = rest[piece.Length..];
                        if (filling.Left == 0)
                            filling = await HandOnAsync(number, filling, parts, cancellationToken);
                    }
                }

                Volatile.Write(ref _size, _size + read.Buffer.Length);
                sealedBytes.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);

            if (filling is not null)
                filling = await HandOnAsync(number, filling, parts, cancellationToken);
            return new CutArchive(number, _size, Convert.ToHexStringLower(whole.GetCurrentHash()));
        }
        finally
        {
            filling?.Dispose();
            parts.TryComplete();
            await sealedBytes.CompleteAsync();
        }
    }

    private Task<PartBuffer> NextAsync(int number, CancellationToken cancellationToken) => number <= plan.MaxParts
        ? buffers.RentAsync(plan.SizeOf(number), cancellationToken)
        : throw new SourceFailedException(
            $"The archive is larger than the {plan.Capacity >> 20} MiB that the controller takes. Leave something out of the sources.");

    private static async Task<PartBuffer?> HandOnAsync(
        int number, PartBuffer full, ChannelWriter<Part> parts, CancellationToken cancellationToken)
    {
        await parts.WriteAsync(new Part(number, full), cancellationToken);
        return null;
    }
}
