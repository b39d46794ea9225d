using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests.Restoring;

/// <summary>Archives that are right in their crypto and hostile inside: refused before anything is written, and never written outside the target.</summary>
public class HostileRestoreTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _target;
    private readonly string _outside;

    public HostileRestoreTests()
    {
        _target = _scratch.MakeFolder("machine");
        _outside = _scratch.MakeFolder("outside");
        _scratch.Write("outside/mine", "mine");
    }

    protected virtual bool MakesReady => false;

    public void Dispose()
    {
        _scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("config/../../escaped")]
    [InlineData("config/..")]
    [InlineData("../escaped")]
    [InlineData("/etc/escaped")]
    [InlineData("config//double")]
    [InlineData("config/./dot")]
    [InlineData("elsewhere/file")]
    [InlineData("config")]
    [InlineData("state/databases/../../../escaped")]
    public async Task A_name_that_leads_elsewhere(string name)
        => await RefusedAsync(new HandMade().File(name, [1]), ArchiveFault.HostilePath);

    [Fact]
    public async Task A_file_through_a_symbolic_link_of_the_archive()
        => await RefusedAsync(
            new HandMade().Entry(ArchiveEntryKind.SymbolicLink, "config/link", _outside).File("config/link/file", [1]), ArchiveFault.HostilePath);

    [Fact]
    public async Task A_file_through_a_folder_that_was_exchanged_for_a_symbolic_link()
        => await RefusedAsync(
            new HandMade().Entry(ArchiveEntryKind.Directory, "config/link").File("config/link/one", [1])
                .Entry(ArchiveEntryKind.SymbolicLink, "config/link", _outside).File("config/link/file", [1]),
            ArchiveFault.HostilePath);

    [Fact]
    public async Task A_file_in_a_folder_that_the_archive_has_not()
        => await RefusedAsync(new HandMade().File("config/etc/file", [1]), ArchiveFault.HostilePath);

    [Fact]
    public async Task A_link_among_the_dumps()
        => await RefusedAsync(
            new HandMade().Entry(ArchiveEntryKind.SymbolicLink, "state/databases/link", _outside).File("state/databases/link/file", [1]),
            ArchiveFault.HostilePath);

    [Theory]
    [InlineData("../outside/mine")]
    [InlineData("/etc/passwd")]
    [InlineData("config/../../outside/mine")]
    public async Task A_hard_link_out_of_the_target(string link)
        => await RefusedAsync(new HandMade().Entry(ArchiveEntryKind.HardLink, "config/link", link), ArchiveFault.HostilePath);

    [Fact]
    public async Task A_hard_link_to_a_file_of_the_machine_that_the_archive_has_not()
    {
        _scratch.Write("machine/shadow", "mine");

        await RefusedAsync(new HandMade().Entry(ArchiveEntryKind.HardLink, "config/link", "config/shadow"), ArchiveFault.Damaged);
    }

    [Fact]
    public async Task A_hard_link_through_a_symbolic_link()
        => await RefusedAsync(
            new HandMade().Entry(ArchiveEntryKind.SymbolicLink, "config/link", _outside)
                .Entry(ArchiveEntryKind.HardLink, "config/hard", "config/link/mine"),
            ArchiveFault.Damaged);

    [Fact]
    public async Task A_bomb()
    {
        var bomb = new HandMade().File("config/zeros", new byte[64 * 1024 * 1024]).Whole();

        await RefusedAsync(bomb, ArchiveFault.TooLarge, To(_target) with { MaxExpandedBytes = 1_000_000 });
    }

    [Fact]
    public async Task A_device_is_not_made_unless_asked()
    {
        var archive = new HandMade().Entry(ArchiveEntryKind.CharacterDevice, "config/null").File("config/file", [1]).Whole();

        using RestorePlan plan = await Restores.PlanAsync(await archive.SealAsync(), To(_target), Unlock.WithSessionKey(archive.Key));
        RestoreResult result = await Restores.ApplyAsync(await SealedAgain(archive), plan);

        Assert.Contains("device", Assert.Single(plan.Problems).Message, StringComparison.Ordinal);
        Assert.Empty(result.Problems);
        Assert.Equal(["file"], Restores.NamesBelow(_target));
    }

    [Fact]
    public async Task A_link_on_the_machine_in_the_place_of_a_folder_is_not_followed()
    {
        Directory.CreateSymbolicLink(Path.Combine(_target, "etc"), _outside);
        var archive = new HandMade().Entry(ArchiveEntryKind.Directory, "config/etc").File("config/etc/mine", [1])
            .Entry(ArchiveEntryKind.Directory, "config/etc/deep").File("config/etc/deep/new", [1]).File("config/other", [1]).Whole();

        using RestorePlan plan = await Restores.PlanAsync(await archive.SealAsync(), To(_target), Unlock.WithSessionKey(archive.Key));
        RestoreResult result = await Restores.ApplyAsync(await SealedAgain(archive), plan);

        Assert.Equal("/etc", Assert.Single(plan.Problems).Path);
        Assert.Empty(result.Problems);
        Assert.Equal(["etc", "other"], Restores.NamesBelow(_target));
        AssertOutsideIsUntouched();
    }

    [Fact]
    public async Task A_link_that_comes_between_plan_and_restore_is_not_followed()
    {
        var archive = new HandMade().Entry(ArchiveEntryKind.Directory, "config/etc").File("config/etc/mine", [1]).Whole();
        byte[] bytes = await archive.SealAsync();
        Directory.CreateDirectory(Path.Combine(_target, "etc"));
        using RestorePlan plan = await Restores.PlanAsync(bytes, To(_target), Unlock.WithSessionKey(archive.Key));
        Directory.Move(Path.Combine(_target, "etc"), Path.Combine(_target, "was-etc"));
        Directory.CreateSymbolicLink(Path.Combine(_target, "etc"), _outside);

        RestoreResult result = await Restores.ApplyAsync(bytes, plan);

        Assert.NotEmpty(result.Problems);
        AssertOutsideIsUntouched();
    }

    [Fact]
    public async Task A_link_in_the_place_of_a_file_is_replaced_and_not_written_through()
    {
        File.CreateSymbolicLink(Path.Combine(_target, "file"), Path.Combine(_outside, "mine"));
        var archive = new HandMade().File("config/file", [1]).Whole();

        await Restores.RestoreAsync(await archive.SealAsync(), To(_target), Unlock.WithSessionKey(archive.Key));

        Assert.Null(new FileInfo(Path.Combine(_target, "file")).LinkTarget);
        Assert.Equal(Path.Combine(_outside, "mine"), new FileInfo(Path.Combine(_target, RestoreFolders.Work, Restores.Aside, "file")).LinkTarget);
        AssertOutsideIsUntouched();
    }

    [Theory]
    [InlineData("chmod 0777")]
    [InlineData("chown 1234")]
    public async Task A_staging_folder_that_is_not_ours_alone_is_not_used(string how)
    {
        string staging = Directory.CreateDirectory(Path.Combine(_target, ".backstay-restore")).FullName;
        await Shell.RunAsync($"chmod 0700 {staging}; {how} {staging}");
        var archive = new HandMade().File("config/file", [1]).Whole();

        (_, RestoreResult result) = await Restores.RestoreAsync(await archive.SealAsync(), To(_target), Unlock.WithSessionKey(archive.Key));

        Assert.Single(result.Problems);
        Assert.Equal([".backstay-restore"], Restores.NamesBelow(_target));
    }

    private RestoreOptions To(string target) => Restores.To(target, MakesReady);

    private static Task<byte[]> SealedAgain(HandMade archive) => archive.SealAsync(end: false);

    private async Task RefusedAsync(HandMade archive, ArchiveFault fault, RestoreOptions? options = null)
    {
        byte[] bytes = await archive.SealAsync();
        string before = await EverythingAsync();

        var refused = await Assert.ThrowsAsync<ArchiveException>(
            () => Restores.PlanAsync(bytes, options ?? To(_target), Unlock.WithSessionKey(archive.Key)));

        Assert.Equal(fault, refused.Fault);
        Assert.Equal(before, await EverythingAsync());
    }

    /// <summary>Making files ready gives the folder that they wait in another time.</summary>
    private Task<string> EverythingAsync()
        => Shell.RunAsync($"cd {_scratch.Folder}; find . -printf '%p %y %m %s{(MakesReady ? "" : " %T@")}\\n' | LC_ALL=C sort");

    private void AssertOutsideIsUntouched()
    {
        Assert.Equal(["mine"], Restores.NamesBelow(_outside));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_outside, "mine")));
    }
}

/// <summary>The same, with files made ready while the archive is read: it proves itself at its end, and by then nothing may have a place.</summary>
public sealed class HostileReadyRestoreTests : HostileRestoreTests
{
    protected override bool MakesReady => true;
}
