using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests;

/// <summary>Alone, because what is counted is what the process allocates.</summary>
[Collection(nameof(WriterMemoryTests))]
[CollectionDefinition(nameof(WriterMemoryTests), DisableParallelization = true)]
public sealed class WriterMemoryTests
{
    private const int MaxBytesForAFile = 2000; // awaiting costs some in a debug build; the file's own 64 KiB would show

    [Fact]
    public async Task A_small_file_costs_no_memory_of_its_own()
    {
        using var scratch = new Scratch();
        await Shell.RunAsync($"mkdir {scratch["few"]} {scratch["many"]}; cd {scratch["few"]}; seq 4000 | split -l 1 -a 4 -; cd {scratch["many"]}; seq 8000 | split -l 1 -a 4 -");
        await AllocatedAsync(scratch["few"]); // compiles; 4000 files are enough to fill all pools

        long few = await LeastAllocatedAsync(scratch["few"]), many = await LeastAllocatedAsync(scratch["many"]);

        Assert.True(many - few < (8000 - 4000) * MaxBytesForAFile, $"{few} bytes for 4000 files, {many} for 8000");
    }

    /// <returns>The least of three times: a collection empties pools in between, and filling them again isn't what is asked for.</returns>
    private static async Task<long> LeastAllocatedAsync(string folder)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 3; i++)
            least = Math.Min(least, await AllocatedAsync(folder));
        return least;
    }

    private static async Task<long> AllocatedAsync(string folder)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await Archives.WriteAsync(Stream.Null, writer => writer.AddTreeAsync(ArchiveSection.Config, folder, PathExcludes.None, default));
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }
}
