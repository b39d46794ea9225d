using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests.Restoring;

/// <summary>Disks that are full, and several of them. Mounting needs root, as the other tests of owners do.</summary>
public sealed class RestoreDiskTests : IAsyncLifetime
{
    private readonly Scratch _scratch = new();
    private readonly string _target;
    private string _source = "";

    public RestoreDiskTests() => _target = _scratch.MakeFolder("machine");

    public ValueTask InitializeAsync()
    {
        _source = _scratch.MakeFolder("source");
        for (int i = 0; i < 10; i++)
            _scratch.Write($"source/{i}", Archives.Noise(1_000_000, i));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Shell.RunAsync($"umount --lazy '{_target}{_source}' 2>/dev/null || umount --lazy '{_target}' 2>/dev/null || true");
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_disk_that_gets_full_stops_the_restore_with_whole_files_alone_and_room_lets_it_go_on()
    {
        await Shell.RunAsync($"mount -t tmpfs -o size=4m tmpfs '{_target}'");
        (byte[] archive, _) = await Archives.CreateAsync(_source);

        var full = await Assert.ThrowsAsync<ArchiveException>(() => Restores.RestoreAsync(archive, Restores.To(_target)));
        string[] there = Directory.GetFiles(_target, "*", SearchOption.AllDirectories);

        Assert.Equal(ArchiveFault.Target, full.Fault);
        Assert.NotEmpty(there);
        Assert.All(there, file => Assert.Equal(File.ReadAllBytes(Path.Combine(_source, Path.GetFileName(file))), File.ReadAllBytes(file)));

        await Shell.RunAsync($"mount -o remount,size=40m '{_target}'");
        (RestoreCounts planned, RestoreResult result) = await Restores.RestoreAsync(archive, Restores.To(_target));
        Assert.Equal(there.Length, planned.FilesEqual);
        Assert.Empty(result.Problems);
        Assert.Equal(10, Directory.GetFiles(_target + _source).Length);
    }

    [Fact]
    public async Task A_disk_that_gets_full_while_files_are_made_ready_changes_nothing()
    {
        await Shell.RunAsync($"mount -t tmpfs -o size=4m tmpfs '{_target}'; mkdir -p '{_target}{_source}'; echo mine > '{_target}{_source}/5'");
        (byte[] archive, _) = await Archives.CreateAsync(_source);

        var full = await Assert.ThrowsAsync<ArchiveException>(() => Restores.RestoreAsync(archive, Restores.To(_target, makeReady: true)));

        Assert.Equal(ArchiveFault.Target, full.Fault);
        Assert.Contains("Nothing was put in place", full.Message, StringComparison.Ordinal);
        Assert.Equal("mine\n", await File.ReadAllTextAsync($"{_target}{_source}/5"));
        Assert.Equal(["5"], Restores.NamesBelow(_target + _source));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_replaced_on_another_file_system_is_copied_aside(bool makeReady)
    {
        (byte[] archive, _) = await Archives.CreateAsync(_source);
        string there = Directory.CreateDirectory(_target + _source).FullName;
        await Shell.RunAsync(
            $"mount -t tmpfs -o size=40m tmpfs '{there}'; cd '{there}'; echo mine > 1; chown 12:34 1; chmod 4755 1; ln -s /elsewhere 2; mkfifo 3; touch -h -d 2001-02-03 1 2 3; mkdir 4; touch 4/x");

        (RestoreCounts planned, RestoreResult result) = await Restores.RestoreAsync(archive, Restores.To(_target, makeReady));

        Assert.Equal(4, planned.FilesReplaced);
        Assert.EndsWith("/4", Assert.Single(result.Problems).Path, StringComparison.Ordinal); // a folder can't be moved there: a person has to
        Assert.True(File.Exists($"{there}/4/x"));
        Assert.Equal(
            "4755 12:34 regular file 981158400\n777 0:0 symbolic link 981158400\n644 0:0 fifo 981158400\n",
            await Shell.RunAsync($"cd '{result.Aside}{_source}'; TZ=UTC stat -c '%a %u:%g %F %Y' 1 2 3"));
        Assert.Equal("mine\n", await File.ReadAllTextAsync($"{result.Aside}{_source}/1"));
        Assert.Equal(await File.ReadAllBytesAsync($"{_source}/1"), await File.ReadAllBytesAsync($"{there}/1"));
    }
}
