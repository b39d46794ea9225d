using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests.Restoring;

/// <summary>Files that are made ready while an archive is read: what there is of them before it is proven, and what is left of them after.</summary>
public sealed class StagedFilesTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _source;
    private readonly string _target;
    private readonly string _there;

    public StagedFilesTests()
    {
        _source = _scratch.MakeFolder("source");
        _target = _scratch["machine"];
        _there = _target + _source;
    }

    private RestoreOptions Ready => Restores.To(_target, makeReady: true);

    private string Everything => $"cd '{_target}' && find . -printf '%p %y %m %U:%G %s\\n' | LC_ALL=C sort";

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task An_archive_whose_files_are_all_ready_is_not_read_again()
    {
        (string source, byte[] archive) = await NastyTree.ArchiveAsync(_scratch);
        using RestorePlan plan = await Restores.PlanAsync(archive, Ready with { AllowDevices = true });

        RestoreResult result = await Restores.ApplyAsync([], plan);

        Assert.Empty(result.Problems);
        Assert.Equal(await NastyTree.DescribeAsync(source), await NastyTree.DescribeAsync(_target + source));
        Assert.DoesNotContain(Restores.NamesBelow(_target), name => name.Contains(".backstay-restore", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_differs_in_its_bytes_alone_is_read_again_for_them()
    {
        _scratch.Write("source/a", "new one");
        _scratch.Write("source/b", "other");
        (byte[] archive, _) = await Archives.CreateAsync(_source);
        Directory.CreateDirectory(_there);
        await File.WriteAllTextAsync($"{_there}/a", "old one");
        using RestorePlan plan = await Restores.PlanAsync(archive, Ready);

        await Restores.ApplyAsync(archive, plan);

        Assert.Equal((1, 1), (plan.Counts.FilesReplaced, plan.Counts.FilesCreated));
        Assert.Equal("new one", await File.ReadAllTextAsync($"{_there}/a"));
        Assert.Equal("other", await File.ReadAllTextAsync($"{_there}/b"));
        Assert.Equal(["a", "b"], Restores.NamesBelow(_there));
    }

    [Fact]
    public async Task Until_the_archive_is_proven_there_are_private_files_of_ours_alone()
    {
        await Shell.RunAsync("cd \"$TREE\"; head -c 30000000 /dev/urandom > big; chown 12:34 big; chmod 4755 big; ln -s big link; mkdir new", ("TREE", _source));
        (byte[] archive, _) = await Archives.CreateAsync(_source);
        Directory.CreateDirectory(_there);
        string seen = "";
        var look = new Looking(() => seen = Shell.RunAsync(Everything).GetAwaiter().GetResult());

        using RestorePlan plan = await ArchiveRestorer.PlanAsync(
            new MemoryStream(archive), Unlock.WithPassphrase(Archives.Passphrase), Ready, look, default);

        string[] ours = [.. seen.Split('\n').Where(line => line.Contains(".backstay-restore", StringComparison.Ordinal))];
        Assert.Collection(
            ours,
            folder => Assert.Contains(".backstay-restore d 700 0:0 ", folder, StringComparison.Ordinal),
            file => Assert.Matches(@"/\.backstay-restore/[0-9a-f]{8}-[0-9a-f]+-[0-9a-f]+ f 600 0:0 ", file));
        Assert.Equal(["."], seen.Split('\n', StringSplitOptions.RemoveEmptyEntries).Except(ours)
            .Select(line => line[..line.IndexOf(' ', StringComparison.Ordinal)]).Where(name => !$".{_source}".StartsWith(name, StringComparison.Ordinal) || name == "."));
    }

    [Fact]
    public async Task A_plan_that_is_not_applied_takes_its_files_with_it()
    {
        _scratch.Write("source/new/file", "x");
        _scratch.Write("source/file", "x");
        (byte[] archive, _) = await Archives.CreateAsync(_source);

        (await Restores.PlanAsync(archive, Ready)).Dispose();
        Assert.False(Path.Exists(_target)); // it was made for them

        Directory.CreateDirectory(_there);
        string before = await Shell.RunAsync(Everything);
        (await Restores.PlanAsync(archive, Ready)).Dispose();
        Assert.Equal(before, await Shell.RunAsync(Everything));
    }

    [Fact]
    public async Task A_restore_that_is_cancelled_while_files_are_made_ready_leaves_nothing()
    {
        for (int i = 0; i < 20; i++)
            _scratch.Write($"source/{i}", Archives.Noise(1_000_000, i));
        (byte[] archive, _) = await Archives.CreateAsync(_source);
        Directory.CreateDirectory(_there);
        string before = await Shell.RunAsync(Everything);
        using var cut = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ArchiveRestorer.PlanAsync(
            new MemoryStream(archive), Unlock.WithPassphrase(Archives.Passphrase), Ready, new Looking(cut.Cancel), cut.Token));

        Assert.Equal(before, await Shell.RunAsync(Everything));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_killed_restore_left_is_removed_by_the_next(bool nextMakesReady)
    {
        _scratch.Write("source/file", "x");
        (byte[] archive, _) = await Archives.CreateAsync(_source);
        foreach (string folder in (string[])[_there, .. nextMakesReady ? (string[])[_target] : []])
        {
            string left = Directory.CreateDirectory($"{folder}/.backstay-restore").FullName;
            await Shell.RunAsync($"chmod 0700 {left}; echo half > {left}/0123abcd-1; ln -s / {left}/new");
        }

        await Restores.RestoreAsync(archive, Restores.To(_target, nextMakesReady));

        Assert.Equal(["file"], Restores.NamesBelow(_there));
        Assert.False(Path.Exists($"{_target}/.backstay-restore"));
    }

    [Theory]
    [InlineData("rm -r \"$TREE\"")]
    [InlineData("find \"$TREE\" -type f -delete")]
    [InlineData("rm -r \"$TREE\"/.backstay-restore")]
    public async Task A_folder_that_is_emptied_before_the_restore_gets_its_files_from_the_archive(string before)
    {
        _scratch.Write("source/file", "x");
        _scratch.Write("source/new/file", "y");
        (byte[] archive, _) = await Archives.CreateAsync(_source);
        Directory.CreateDirectory(_there);
        using RestorePlan plan = await Restores.PlanAsync(archive, Ready);
        await Shell.RunAsync(before, ("TREE", _there));

        RestoreResult result = await Restores.ApplyAsync(archive, plan);

        Assert.Empty(result.Problems);
        Assert.Equal(["file", "new", "new/file"], Restores.NamesBelow(_there));
    }

    [Fact]
    public async Task Two_sections_with_one_folder_keep_each_others_files()
    {
        _scratch.Write("source/first", "1");
        string other = _scratch.MakeFolder("other");
        _scratch.Write("other/second", "2");
        Directory.CreateDirectory(_there);
        using var output = new MemoryStream();
        await Archives.WriteAsync(output, async writer =>
        {
            await writer.AddTreeAsync(ArchiveSection.Config, _source, PathExcludes.None, default);
            Directory.Delete(_source, recursive: true);
            Directory.Move(other, _source);
            await writer.AddTreeAsync(ArchiveSection.State, _source, PathExcludes.None, default);
        });
        using RestorePlan plan = await Restores.PlanAsync(output.ToArray(), Ready);

        RestoreResult result = await Restores.ApplyAsync([], plan);

        Assert.Empty(result.Problems);
        Assert.Equal(["first", "second"], Restores.NamesBelow(_there));
    }

    [Fact]
    public async Task A_second_restore_is_refused_while_a_plan_has_files_ready()
    {
        _scratch.Write("source/file", "x");
        (byte[] archive, _) = await Archives.CreateAsync(_source);
        using RestorePlan plan = await Restores.PlanAsync(archive, Ready);

        var refused = await Assert.ThrowsAsync<ArchiveException>(() => Restores.PlanAsync(archive, Ready));

        Assert.Equal(ArchiveFault.Target, refused.Fault);
        Assert.Contains("Another restore", refused.Message, StringComparison.Ordinal);
        await Restores.ApplyAsync([], plan);
        Assert.Equal("x", await File.ReadAllTextAsync($"{_there}/file"));
    }

    [Fact]
    public async Task A_plan_that_failed_is_applied_again_from_the_archive()
    {
        _scratch.Write("source/a", "a");
        _scratch.Write("source/b", "b");
        (byte[] archive, _) = await Archives.CreateAsync(_source);
        using RestorePlan plan = await Restores.PlanAsync(archive, Ready);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Restores.ApplyAsync(archive, plan, cancellationToken: cancelled.Token));

        await Restores.ApplyAsync(archive, plan);

        Assert.Equal(["a", "b"], Restores.NamesBelow(_there));
    }

    private sealed class Looking(Action look) : IProgress<ReadProgress>
    {
        public void Report(ReadProgress value) => look();
    }
}
