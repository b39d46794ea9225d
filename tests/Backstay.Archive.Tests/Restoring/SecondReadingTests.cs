using System.Security.Cryptography;
using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests.Restoring;

/// <summary>A restore that was looked at first: planning wrote nothing, and putting in place reads the archive again.</summary>
public sealed class SecondReadingTests
{
    [Fact]
    public async Task An_archive_that_is_not_the_planned_one_is_not_put_in_place()
    {
        using var scratch = new Scratch();
        string source = scratch.MakeFolder("source");
        scratch.Write("source/file", "proven");
        (byte[] proven, _) = await Archives.CreateAsync(source);
        scratch.Write("source/file", "forged");
        (byte[] other, _) = await Archives.CreateAsync(source);
        using RestorePlan plan = await Restores.PlanAsync(proven, Restores.To(scratch["machine"]));

        var refused = await Assert.ThrowsAsync<ArchiveException>(() => Restores.ApplyAsync(other, plan));

        Assert.Equal(ArchiveFault.Damaged, refused.Fault);
        Assert.False(File.Exists($"{scratch["machine"]}{source}/file"));
    }

    [Fact]
    public async Task What_follows_the_last_selected_entry_is_read_once()
    {
        using var scratch = new Scratch();
        string first = scratch.Write("first/file", "wanted");
        scratch.Write("second/file", RandomNumberGenerator.GetBytes(32 * 1024 * 1024));
        using var output = new MemoryStream();
        await Archives.WriteAsync(output, async writer =>
        {
            await writer.AddTreeAsync(ArchiveSection.Config, scratch["first"], PathExcludes.None, default);
            await writer.AddTreeAsync(ArchiveSection.State, scratch["second"], PathExcludes.None, default);
        });
        byte[] archive = output.ToArray();
        using RestorePlan plan = await Restores.PlanAsync(
            archive, Restores.To(scratch["machine"]) with { Selection = RestoreSelection.Parse(null, [first], [], []) });
        using var again = new MemoryStream(archive);

        RestoreResult result = await ArchiveRestorer.ApplyAsync(again, plan, null, default);

        Assert.Equal("wanted", await File.ReadAllTextAsync($"{scratch["machine"]}{first}"));
        Assert.Empty(result.Problems);
        Assert.True(again.Position < archive.Length / 2, $"{again.Position} of {archive.Length} bytes were read.");
    }

    [Fact]
    public async Task A_dry_run_writes_nothing()
    {
        using var scratch = new Scratch();
        (string source, byte[] archive) = await NastyTree.ArchiveAsync(scratch);
        scratch.Write($"machine{source}/plain/empty", "other"); // of one name: which of several comes first is the file system's to say
        string everything = $"cd {scratch["machine"]}; find . -printf '%p %y %m %s %T@\\n' | LC_ALL=C sort";
        string before = await Shell.RunAsync(everything);

        using RestorePlan plan = await Restores.PlanAsync(archive, Restores.To(scratch["machine"]));

        RestoreChange change = Assert.Single(plan.Changes(), one => one.Action == RestoreAction.Replace);
        Assert.Equal($"{source}/plain/empty", change.Path);
        Assert.True(change.Differences.HasFlag(RestoreDifferences.Content));
        Assert.Equal(before, await Shell.RunAsync(everything));
    }

    [Fact]
    public async Task A_restore_that_was_cut_off_is_done_again()
    {
        using var scratch = new Scratch();
        (string source, byte[] archive) = await NastyTree.ArchiveAsync(scratch);
        for (int i = 0; i < 20; i++)
            scratch.Write($"nasty/large-{i:00}", Archives.Noise(1_000_000, i));
        (archive, _) = await Archives.CreateAsync(source);
        string target = scratch["machine"];
        RestoreOptions options = Restores.To(target) with { AllowDevices = true };
        using (RestorePlan plan = await Restores.PlanAsync(archive, options))
        {
            using var cut = new CancellationTokenSource();
            var progress = new CutAfter(8_000_000, cut);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => Restores.ApplyAsync(archive, plan, progress: progress, cancellationToken: cut.Token));
        }
        // As kill -9 leaves it: the private folder, with half a file in it.
        string left = Directory.CreateDirectory($"{target}{source}/.backstay-restore").FullName;
        await Shell.RunAsync($"chmod 0700 {left}; head -c 1000 /dev/urandom > {left}/new");

        (RestoreCounts planned, RestoreResult result) = await Restores.RestoreAsync(archive, options);

        Assert.True(planned.FilesEqual > 0 && planned.FilesCreated > 0, $"{planned}");
        Assert.Empty(result.Problems);
        Assert.Equal(await NastyTree.DescribeAsync(source), await NastyTree.DescribeAsync(target + source));
    }

    /// <summary>Cuts after so many bytes.</summary>
    private sealed class CutAfter(long bytes, CancellationTokenSource cut) : IProgress<ReadProgress>
    {
        public void Report(ReadProgress value)
        {
            if (value.ContentBytes >= bytes)
                cut.Cancel();
        }
    }
}
