using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests.Restoring;

public class RestoreTests
{
    protected virtual bool MakesReady => false;

    [Fact]
    public async Task A_machine_without_anything_becomes_what_the_archive_says()
    {
        using var scratch = new Scratch();
        (string source, byte[] archive) = await NastyTree.ArchiveAsync(scratch);
        string target = scratch["machine"];

        (RestoreCounts planned, RestoreResult result) = await Restores.RestoreAsync(
            archive, To(target) with { AllowDevices = true });

        Assert.Empty(result.Problems);
        Assert.Null(result.Aside);
        Assert.Equal(planned.FilesCreated + planned.FoldersCreated, result.Placed);
        Assert.Equal((0, 0), (planned.FilesReplaced, planned.FilesEqual));
        Assert.Equal(await NastyTree.DescribeAsync(source), await NastyTree.DescribeAsync(target + source));
    }

    [Fact]
    public async Task A_machine_that_is_as_the_archive_says_is_left_alone()
    {
        using var scratch = new Scratch();
        (string source, byte[] archive) = await NastyTree.ArchiveAsync(scratch);
        RestoreOptions options = To(scratch["machine"]) with { AllowDevices = true };
        await Restores.RestoreAsync(archive, options);

        using RestorePlan plan = await Restores.PlanAsync(archive, options);

        Assert.Empty(plan.Changes());
        Assert.True(plan.Counts.IsNothing);
        string before = await NastyTree.DescribeAsync(scratch["machine"] + source);
        await Restores.ApplyAsync(archive, plan);
        Assert.Equal(before, await NastyTree.DescribeAsync(scratch["machine"] + source));
    }

    [Fact]
    public async Task What_differs_is_put_right_and_what_was_there_can_be_put_back()
    {
        using var scratch = new Scratch();
        (string source, byte[] archive) = await NastyTree.ArchiveAsync(scratch);
        string target = scratch["machine"];
        RestoreOptions options = To(target) with { AllowDevices = true };
        await Restores.RestoreAsync(archive, options);
        string right = await NastyTree.DescribeAsync(target + source);
        await Shell.RunAsync(
            """
            cd "$TREE"
            echo other > plain/file; touch -d '2010-01-01' plain/file; chmod 0600 setuid; chown 5:6 owned; setfattr -x user.binary plain/file
            rm symlink; ln -s elsewhere symlink; rm hard-large; cp plain/large hard-large; rm null; mknod null c 1 5
            rm -r plain/deep; echo 'a file' > plain/deep; rm all-hole; mkdir all-hole; echo in > all-hole/in
            chmod 0711 sticky; chown 9 empty; setfacl -m u:99:rwx locked; setfattr -n user.more -v x empty
            touch -h -d '2011-01-01' symlink setuid owned plain/deep all-hole/in
            """,
            ("TREE", target + source));
        string wrong = await NastyTree.DescribeAsync(target + source);
        string above = $"stat -c '%n %a %u:%g' '{target}' '{target}/tmp' '{target}{scratch.Folder}'";
        string foldersAbove = await Shell.RunAsync($"chmod 0751 '{target}'; {above}");

        (RestoreCounts planned, RestoreResult result) = await Restores.RestoreAsync(archive, options);

        Assert.Empty(result.Problems);
        Assert.Equal(right, await NastyTree.DescribeAsync(target + source));
        Assert.Equal(Path.Combine(target, RestoreFolders.Work, Restores.Aside), result.Aside);
        Assert.True(planned.FilesReplaced >= 8 && planned.FoldersChanged == 3, $"{planned}");

        // Back: what was kept goes over what was restored. A folder where a file is, or a file where a folder is, a person has to take away.
        await Shell.RunAsync($"rm -r '{target}{source}/plain/deep' '{target}{source}/all-hole'; cp -a --remove-destination '{result.Aside}/.' '{target}'");
        Assert.Equal(foldersAbove, await Shell.RunAsync(above));
        string back = await NastyTree.DescribeAsync(target + source);
        Assert.Equal(string.Join("\n", Significant(wrong)), string.Join("\n", Significant(back)));

        static IEnumerable<string> Significant(string described) =>
            described.Split('\n').Where(line => line.Contains("plain/file", StringComparison.Ordinal) || line.EndsWith("symlink", StringComparison.Ordinal)
                || line.EndsWith("setuid", StringComparison.Ordinal) || line.EndsWith("all-hole/in", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public async Task A_damaged_archive_changes_nothing(double where)
    {
        using var scratch = new Scratch();
        (string source, byte[] archive) = await NastyTree.ArchiveAsync(scratch);
        scratch.Write($"machine{source}/plain/file", "mine");
        archive[(int)(archive.Length * where)] ^= 1;

        await Assert.ThrowsAsync<ArchiveException>(() => Restores.PlanAsync(archive, To(scratch["machine"])));

        Assert.Equal("mine", await File.ReadAllTextAsync($"{scratch["machine"]}{source}/plain/file"));
        Assert.Single(Directory.EnumerateFiles(scratch["machine"], "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("rm \"$FILE\"")]
    [InlineData("echo other > \"$FILE\"")]
    public async Task What_was_equal_and_is_changed_before_the_restore_is_told_of(string before)
    {
        using var scratch = new Scratch();
        scratch.Write("source/equal", "the same");
        string other = scratch.Write("source/missing", "x");
        (byte[] archive, _) = await Archives.CreateAsync(scratch["source"]);
        RestoreOptions options = To(scratch["machine"]);
        await Restores.RestoreAsync(archive, options);
        File.Delete(scratch["machine"] + other);
        await Task.Delay(20); // a clock of files ticks every 4 to 10 ms
        using RestorePlan plan = await Restores.PlanAsync(archive, options);
        await Shell.RunAsync(before, ("FILE", $"{scratch["machine"]}{scratch["source"]}/equal"));

        RestoreResult result = await Restores.ApplyAsync(archive, plan);

        Assert.Contains("Restore again", Assert.Single(result.Problems).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(scratch["machine"] + other));
        (_, RestoreResult again) = await Restores.RestoreAsync(archive, options with { AsideName = "replaced-again" });
        Assert.Empty(again.Problems);
        Assert.Equal("the same", await File.ReadAllTextAsync($"{scratch["machine"]}{scratch["source"]}/equal"));
    }

    [Fact]
    public async Task What_sources_made_goes_to_a_folder_of_its_own()
    {
        using var scratch = new Scratch();
        scratch.Write("source/file", "x");
        using var output = new MemoryStream();
        await Archives.WriteAsync(output, async writer =>
        {
            await writer.AddFileAsync(
                ArchiveSection.State, "databases/postgresql/app.dump", new MemoryStream([1, 2, 3]), 3, new ArchiveFileAttributes(Archives.Started), default);
            await writer.AddTreeAsync(ArchiveSection.State, scratch["source"], PathExcludes.None, default);
            await writer.AddFileAsync(
                ArchiveSection.State, "commands/units.txt", new MemoryStream([4]), 1, new ArchiveFileAttributes(Archives.Started), default);
        });
        string target = scratch["machine"], dumps = $"{target}/{RestoreFolders.DumpsOf(Archives.Manifest)}";

        (RestoreCounts first, _) = await Restores.RestoreAsync(output.ToArray(), To(target));
        (RestoreCounts second, RestoreResult again) = await Restores.RestoreAsync(output.ToArray(), To(target));

        Assert.Equal((2, 3), (first.Dumps, first.FilesCreated));
        Assert.True(second.IsNothing);
        Assert.Null(again.Aside);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync($"{dumps}/state/databases/postgresql/app.dump"));
        Assert.Equal([4], await File.ReadAllBytesAsync($"{dumps}/state/commands/units.txt"));
        Assert.Equal("x", await File.ReadAllTextAsync($"{target}{scratch["source"]}/file"));
        Assert.False(Path.Exists($"{target}/databases") || Path.Exists($"{target}/commands"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode($"{target}/{RestoreFolders.Work}"));
    }

    [Fact]
    public async Task Dumps_of_two_backups_never_mix()
    {
        using var scratch = new Scratch();
        string target = scratch["machine"];
        ArchiveManifest byHand = Archives.Manifest with { BackupId = null };
        ArchiveManifest[] manifests = [Archives.Manifest, Archives.Manifest with { BackupId = Guid.NewGuid() }, byHand];

        for (byte i = 0; i < manifests.Length; i++)
        {
            using var output = new MemoryStream();
            using var key = SessionKey.Generate();
            await using (var writer = ArchiveWriter.Create(output, key, Envelope.Wrap(key, [Archives.Passphrase], []), manifests[i], new ArchiveWriterOptions()))
            {
                await writer.AddFileAsync(
                    ArchiveSection.Config, "databases/app.dump", new MemoryStream([i]), 1, new ArchiveFileAttributes(Archives.Started), default);
                await writer.FinishAsync(Archives.Ended, default);
            }
            using RestorePlan plan = await Restores.PlanAsync(output.ToArray(), To(target));
            await Restores.ApplyAsync(output.ToArray(), plan);

            Assert.Equal($"{target}/{RestoreFolders.DumpsOf(manifests[i])}", plan.Dumps);
            Assert.Equal($"/{RestoreFolders.DumpsOf(manifests[i])}/config/databases/app.dump", Assert.Single(plan.Changes()).Path);
        }

        Assert.Equal([0, 1, 2], manifests.Select(manifest => File.ReadAllBytes($"{target}/{RestoreFolders.DumpsOf(manifest)}/config/databases/app.dump").Single()));
        Assert.EndsWith("/dumps/20260102T030405Z", RestoreFolders.DumpsOf(byHand), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_restore_to_the_same_target_waits_for_nobody_and_is_refused()
    {
        using var scratch = new Scratch();
        scratch.Write("source/file", "x");
        (byte[] archive, _) = await Archives.CreateAsync(scratch["source"]);
        scratch.MakeFolder("machine");
        using RestorePlan plan = await Restores.PlanAsync(archive, To(scratch["machine"]));
        using var other = new RestorePlacer(plan);

        var refused = await Assert.ThrowsAsync<ArchiveException>(() => Restores.ApplyAsync(archive, plan));

        Assert.Equal(ArchiveFault.Target, refused.Fault);
    }

    [Fact]
    public async Task A_hard_link_whose_first_name_is_not_selected_is_told_of()
    {
        using var scratch = new Scratch();
        scratch.Write("source/a", "x");
        await Shell.RunAsync($"cd {scratch["source"]}; ln a b");
        (byte[] archive, _) = await Archives.CreateAsync(scratch["source"]);
        string[] links = [.. (await Archives.ListAsync(archive)).Where(entry => entry.Kind == ArchiveEntryKind.HardLink).Select(entry => entry.Name)];
        string path = Assert.Single(links)["config".Length..];

        using RestorePlan plan = await Restores.PlanAsync(
            archive, To(scratch["machine"]) with { Selection = RestoreSelection.Parse(null, [path], [], []) });

        Assert.Contains("select that, too", Assert.Single(plan.Problems).Message, StringComparison.Ordinal);
        Assert.True(plan.Counts.IsNothing);
    }

    private RestoreOptions To(string target) => Restores.To(target, MakesReady);
}

/// <summary>The same, with files made ready while the archive is read the only time.</summary>
public sealed class ReadyRestoreTests : RestoreTests
{
    protected override bool MakesReady => true;
}
