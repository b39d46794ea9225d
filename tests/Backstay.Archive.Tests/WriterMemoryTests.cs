using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests;

/// <summary>Alone, because what is counted is what the process allocates.</summary>
[Collection(nameof(WriterMemoryTests))]
[CollectionDefinition(nameof(WriterMemoryTests), DisableParallelization = true)]
public sealed class WriterMemoryTests
{
    [Fact]
    public async Task A_small_file_costs_no_memory_of_its_own()
    {
        using var scratch = new Scratch();
        await Shell.RunAsync($"mkdir {scratch["tree"]}; cd {scratch["tree"]}; seq 5000 | split -l 1 -a 4 -");
        await Archives.WriteAsync(Stream.Null, writer => writer.AddTreeAsync(ArchiveSection.Config, scratch["tree"], PathExcludes.None, default));
        long before = GC.GetTotalAllocatedBytes(precise: true);

        await Archives.WriteAsync(Stream.Null, writer => writer.AddTreeAsync(ArchiveSection.Config, scratch["tree"], PathExcludes.None, default));

        // the writer's own buffers and pipes, and less than 400 bytes for each of the 5,000 files
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 1, 14_000_000 + 5_000 * 400);
    }
}
