using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Threading.Channels;
using Backstay.Agent.Backup;
using Backstay.Agent.Platform;
using Backstay.Agent.Sources;
using Backstay.Protocol.Agent;
using CsCheck;
using Xunit;

namespace Backstay.Agent.Tests.Backup;

public sealed class PartCutterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Parts_have_the_sizes_of_the_plan_and_add_up_to_the_stream()
    {
        // Tiers small enough to be crossed, some parts in memory and some spooled, writes of any size.
        var plans = Gen.Select(Gen.Int[1, 50], Gen.Int[50, 90], Gen.Int[2, 5], Gen.Int[6, 9]).Select((small, large, second, third) =>
            new PartPlan([new(1, small), new(second, large), new(third, large * 2)], 100));
        await Gen.Select(plans, Gen.Byte.Array[1, 2000], Gen.Int[1, 300], Gen.Int[0, 120]).SampleAsync(async (plan, data, write, memory) =>
        {
            using var buffers = new PartBuffers(3, new SpoolFolder(_folder.Path), memory);
            var (archive, parts) = await CutAsync(plan, data, write, buffers);

            var expected = Enumerable.Range(1, 100).TakeWhile(n => plan.OffsetOf(n) < data.Length).ToList();
            Assert.Equal(expected.Count, archive.Parts);
            Assert.Equal(data.Length, archive.Size);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(data)), archive.Sha256);
            Assert.Equal(expected, parts.Select(part => part.Number));
            Assert.All(parts.SkipLast(1), part => Assert.Equal(plan.SizeOf(part.Number), part.Bytes.Length));
            Assert.InRange(parts[^1].Bytes.Length, 1, plan.SizeOf(archive.Parts));
            Assert.Equal(data, parts.SelectMany(part => part.Bytes));
        }, iter: 200, threads: 1);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task No_more_is_read_than_fits_into_the_parts_in_flight()
    {
        var plan = new PartPlan([new(1, 10)], 100);
        using var buffers = new PartBuffers(2, new SpoolFolder(_folder.Path), 1000);
        var pipe = new Pipe();
        var parts = Channel.CreateUnbounded<Part>();
        var cutting = new PartCutter(plan, buffers).CutAsync(pipe.Reader, parts.Writer, default);
        await pipe.Writer.WriteAsync(new byte[100]);

        var first = await parts.Reader.ReadAsync();
        await parts.Reader.ReadAsync();
        Assert.False(parts.Reader.TryRead(out _));
        Assert.False(cutting.IsCompleted);

        first.Content.Dispose();
        Assert.Equal(3, (await parts.Reader.ReadAsync()).Number);
    }

    [Fact]
    public async Task An_archive_that_the_plan_does_not_hold_is_refused_with_its_limit()
    {
        using var buffers = new PartBuffers(10, new SpoolFolder(_folder.Path));

        var refused = await Assert.ThrowsAsync<SourceFailedException>(
            () => CutAsync(new PartPlan([new(1, 10)], 3), new byte[31], 31, buffers));

        Assert.Contains("larger than the", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_not_taken_for_its_end()
    {
        using var buffers = new PartBuffers(10, new SpoolFolder(_folder.Path));
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[5]);
        await pipe.Writer.CompleteAsync(new InvalidDataException("broken off"));
        var parts = Channel.CreateUnbounded<Part>();

        await Assert.ThrowsAsync<InvalidDataException>(
            () => new PartCutter(new PartPlan([new(1, 10)], 3), buffers).CutAsync(pipe.Reader, parts.Writer, default));
        Assert.False(parts.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Large_parts_wait_in_files_that_have_no_name()
    {
        using var buffers = new PartBuffers(2, new SpoolFolder(_folder.Path));

        using var small = await buffers.RentAsync(PartBuffers.LargestInMemory, default);
        using var large = await buffers.RentAsync(PartBuffers.LargestInMemory + 1, default);

        Assert.False(small.IsSpooled);
        Assert.True(large.IsSpooled);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private static async Task<(CutArchive Archive, List<(int Number, byte[] Bytes)> Parts)> CutAsync(
        PartPlan plan, byte[] data, int write, PartBuffers buffers)
    {
        var pipe = new Pipe();
        var channel = Channel.CreateUnbounded<Part>();
        var cutting = new PartCutter(plan, buffers).CutAsync(pipe.Reader, channel.Writer, default);
        var writing = Task.Run(async () =>
        {
            for (var offset = 0; offset < data.Length; offset += write)
                await pipe.Writer.WriteAsync(data.AsMemory(offset, Math.Min(write, data.Length - offset)));
            await pipe.Writer.CompleteAsync();
        });
        var parts = new List<(int, byte[])>();
        await foreach (var part in channel.Reader.ReadAllAsync())
        {
            using (part.Content)
            {
                parts.Add((part.Number, await ReadAsync(part.Content)));
            }
        }

        await writing;
        return (await cutting, parts);
    }

    private static async Task<byte[]> ReadAsync(PartBuffer part)
    {
        var bytes = new List<byte>();
        var scratch = new byte[7];
        while (bytes.Count < part.Length)
            bytes.AddRange((await part.ReadAsync(bytes.Count, scratch, default)).ToArray());
        return [.. bytes];
    }
}
