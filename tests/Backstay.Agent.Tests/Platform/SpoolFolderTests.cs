using Backstay.Agent.Platform;
using Xunit;

namespace Backstay.Agent.Tests.Platform;

public sealed class SpoolFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_spooled_file_has_no_name_and_holds_what_was_written()
    {
        var spool = new SpoolFolder(_folder.Of("a/b"));

        await using var file = spool.Create();
        await file.WriteAsync(new byte[] { 1, 2, 3 });
        file.Position = 0;
        var read = new byte[3];
        await file.ReadExactlyAsync(read);

        Assert.Equal([1, 2, 3], read);
        Assert.Empty(Directory.EnumerateFileSystemEntries(spool.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file.SafeFileHandle));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(spool.Path));
    }

    [Fact]
    public void A_sweep_removes_what_a_killed_process_left_and_nothing_of_others()
    {
        var spool = new SpoolFolder(_folder.Path);
        var left = spool.CreateNamed();
        File.WriteAllText($"{left}-journal", "x");
        var other = _folder.Write("somebody.else", "x");

        spool.Sweep();

        Assert.Equal([other], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_full_disk_is_told_from_other_errors()
    {
        // A device that is always full: the same error as a full file system.
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
        var noSpace = Assert.Throws<IOException>(() => RandomAccess.Write(full, new byte[10], 0));

        Assert.True(SpoolFolder.IsFull(noSpace));
        Assert.False(SpoolFolder.IsFull(new FileNotFoundException()));
        Assert.Contains("\"spoolDirectory\"", new SpoolFolder(_folder.Path).Full("A dump").Message, StringComparison.Ordinal);
    }
}
