using Backstay.Agent.Configuration;
using Backstay.Agent.Sources;
using Backstay.Archive;
using Backstay.TestServers;
using Xunit;

namespace Backstay.Agent.Tests.Sources;

public sealed class FilesSourceTests : SourceTest
{
    [Fact]
    public async Task What_is_below_the_paths_is_collected_without_what_is_excluded()
    {
        Folder.Write("etc/a.conf", "a");
        Folder.Write("etc/sub/b.conf", "b");
        Folder.Write("etc/sub/b.tmp", "no");

        var (files, warnings) = await CollectAsync(ArchiveSection.Config, Files([Folder.Of("etc")], "*.tmp"));

        Assert.Equal("a", files[$"config{Folder.Path}/etc/a.conf"].Text());
        Assert.Equal("b", files[$"config{Folder.Path}/etc/sub/b.conf"].Text());
        Assert.DoesNotContain(files.Keys, name => name.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task A_pattern_stands_for_the_paths_that_are_there()
    {
        Folder.Write("opt/one/etc/x", "1");
        Folder.Write("opt/two/etc/x", "2");
        Folder.Write("opt/two/bin/x", "no");
        Folder.Write("opt/.hidden/etc/x", "no");

        var (files, _) = await CollectAsync(ArchiveSection.Config, Files([Folder.Of("opt/*/etc")]));

        Assert.Equal(
            [$"config{Folder.Path}/opt/one/etc/x", $"config{Folder.Path}/opt/two/etc/x"],
            files.Keys.Where(name => name.EndsWith("/x", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_credential_of_the_agent_is_never_collected()
    {
        Folder.Write("agent-state/credential.json", "secret");
        Folder.Write("other", "fine");

        var (files, _) = await CollectAsync(ArchiveSection.State, Files([Folder.Path]));

        Assert.Contains(files.Keys, name => name.EndsWith("/other", StringComparison.Ordinal));
        Assert.DoesNotContain(files.Keys, name => name.Contains("credential.json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_path_that_is_missing_is_a_warning()
    {
        var (_, warnings) = await CollectAsync(ArchiveSection.Config, Files([Folder.Of("nowhere")]));

        Assert.Equal((Folder.Of("nowhere"), WarningKind.Missing), (Assert.Single(warnings).Path, warnings[0].Kind));
    }

    [Fact]
    public async Task A_path_that_is_required_and_missing_fails_the_source()
    {
        var failed = await Assert.ThrowsAsync<SourceFailedException>(
            () => CollectAsync(ArchiveSection.Config, Files([Folder.Of("nowhere")]) with { Required = true }));

        Assert.Contains(Folder.Of("nowhere"), failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_default_path_that_this_machine_does_not_have_is_nothing_to_speak_of()
    {
        Folder.Write("here", "x");

        var (files, warnings) = await CollectAsync(
            ArchiveSection.Config, Files([Folder.Of("nowhere"), Folder.Of("here")]) with { IsDefault = true });

        Assert.Empty(warnings);
        Assert.Contains($"config{Folder.Path}/here", files.Keys);
    }

    /// <summary>The tree lies on a tmpfs of its own, so that a folder of this machine's disk is another file system there.</summary>
    [Fact]
    public async Task A_mounted_file_system_that_is_left_out_is_a_warning_and_one_in_memory_is_not()
    {
        using var disk = SmallDisk.Mount(1);
        var (data, cache, kept) = (Make("srv/data"), Make("srv/cache"), Make("srv/kept"));
        Folder.Write("outside/x", "x");
        using var mounted = BoundFolder.Mount(Folder.Of("outside"), data);
        using var excluded = BoundFolder.Mount(Folder.Of("outside"), kept);
        using var other = SmallDisk.Mount(1);
        using var inMemory = BoundFolder.Mount(other.Folder, cache);
        var srv = Path.Combine(disk.Folder, "srv");
        var settings = Files([srv], $"{kept}/**");

        var (files, warnings) = await CollectAsync(ArchiveSection.Config, settings);
        var gaps = await GapsAsync(settings);
        var entered = await CollectAsync(ArchiveSection.Config, settings with { OneFileSystem = false });

        Assert.Equal((data, WarningKind.Mount), (Assert.Single(warnings).Path, warnings[0].Kind));
        Assert.Contains("oneFileSystem", warnings[0].Message, StringComparison.Ordinal);
        Assert.Contains($"config{kept}", files.Keys);
        Assert.DoesNotContain($"config{data}/x", files.Keys);
        Assert.StartsWith($"{data}: ", Assert.Single(gaps), StringComparison.Ordinal);
        Assert.Empty(entered.Warnings);
        Assert.Contains($"config{data}/x", entered.Files.Keys);
        Assert.Empty(await GapsAsync(settings with { OneFileSystem = false }));

        string Make(string name) => Directory.CreateDirectory(Path.Combine(disk.Folder, name)).FullName;
    }

    private Task<IReadOnlyList<string>> GapsAsync(FilesSettings settings) =>
        new FilesSource(ArchiveSection.Config, settings, [State]).FindGapsAsync(CancellationToken.None);

    private static FilesSettings Files(IReadOnlyList<string> paths, params string[] exclude) => new(paths, exclude, OneFileSystem: true);
}
