using System.Runtime.InteropServices;
using System.Text;
using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests.Collecting;

/// <summary>Files that change, vanish or can't be read while they are read. Nothing here depends on timing: the output is held
/// until the files have changed.</summary>
public sealed partial class BusyTreeTests
{
    private const int Large = 20_000_000; // more than all pipes of the writer hold

    [Fact]
    public async Task Files_that_grow_and_shrink_keep_the_size_they_had_and_are_warned_of()
    {
        using var scratch = new Scratch();
        scratch.Write("first", Archives.Noise(Large, 1));
        byte[] content = Archives.Noise(300_000, 2);
        string growing = scratch.Write("growing", content), shrinking = scratch.Write("shrinking", content), touched = scratch.Write("touched", content);
        using var output = new HeldStream();

        ArchiveSummary summary = await Archives.WriteAsync(output, async writer =>
        {
            // the tar stage waits in the first file; the others are open, their sizes known, and none of them is read yet
            foreach (string path in new[] { scratch["first"], growing, shrinking, touched })
                Assert.True(await writer.AddTreeAsync(ArchiveSection.Config, path, PathExcludes.None, default));
            await File.AppendAllTextAsync(growing, "more");
            using (var file = new FileStream(shrinking, FileMode.Open))
                file.SetLength(100_000);
            File.SetLastWriteTimeUtc(touched, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            output.Release();
        });

        Assert.Equal(
            [(growing, WarningKind.Grew), (shrinking, WarningKind.Shrank), (touched, WarningKind.Changed)],
            summary.Warnings.Select(warning => (warning.Path, warning.Kind)));
        await Archives.ExtractAsync(output.ToArray(), scratch["out"]);
        Assert.Equal(content, await File.ReadAllBytesAsync(scratch["out"] + "/config" + growing));
        byte[] cut = [.. content[..100_000], .. new byte[200_000]];
        Assert.Equal(cut, await File.ReadAllBytesAsync(scratch["out"] + "/config" + shrinking));
        await Shell.RunAsync($"cd {scratch["out"]}; sha256sum --check --strict --quiet backstay/SHA256SUMS");
    }

    [Fact]
    public async Task Files_that_vanish_are_warned_of()
    {
        using var scratch = new Scratch();
        scratch.Write("first", Archives.Noise(Large, 1));
        for (int i = 0; i < 200; i++)
            scratch.Write($"tree/{i}", "x");
        using var output = new HeldStream();

        ArchiveSummary summary = await Archives.WriteAsync(output, async writer =>
        {
            await writer.AddTreeAsync(ArchiveSection.Config, scratch["first"], PathExcludes.None, default);
            // stops when its queue is full, long before 200 files; the names are read from the folder already
            Task<bool> tree = writer.AddTreeAsync(ArchiveSection.Config, scratch["tree"], PathExcludes.None, default);
            await output.Reached;
            while (writer.Progress.Path != scratch["first"])
                await Task.Yield();
            await Shell.RunAsync("sleep 1"); // lets collecting come to its stop; if it hasn't, more files vanish, not fewer
            foreach (string file in Directory.GetFiles(scratch["tree"]))
                File.Delete(file);
            output.Release();
            Assert.True(await tree);
        });

        Assert.InRange(summary.WarningCount, 100, 200);
        Assert.All(summary.Warnings, warning => Assert.Equal(WarningKind.Vanished, warning.Kind));
        VerificationResult proven = await Archives.VerifyAsync(output.ToArray());
        Assert.Equal(200, summary.WarningCount + proven.Summary.Sections[0].Files - 1);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_any_more_is_filled_with_zeros_and_warned_of()
    {
        using var scratch = new Scratch();
        string file = scratch.Write("source", Archives.Noise(100_000, 3));
        var tally = new ArchiveTally();
        var pipe = new BlockPipe(8, 256 * 1024);
        var queue = new EntryQueue(16);
        CollectedEntry entry = await queue.RentAsync(default);
        entry.Reset(ArchiveSection.Config, Encoding.UTF8.GetBytes(file));
        Assert.Equal(Errno.None, FileStatus.At(Libc.AtFdCwd, Encoding.UTF8.GetBytes(file + "\0"), out FileStatus status));
        // a descriptor that was opened for writing alone fails every read
        Assert.Equal(Errno.None, LinuxFile.Open(Libc.AtFdCwd, Encoding.UTF8.GetBytes(file + "\0"), OpenFlags.WriteOnly, out int fd));
        (entry.Status, entry.Fd) = (status, fd);
        queue.Post();
        queue.Complete();

        using (var stage = new TarStage(pipe, tally, Path.GetTempPath()))
        {
            await stage.WriteCollectedAsync(queue, default);
            await stage.CompleteAsync(default);
        }

        var reader = new TarReader(pipe, new ReadOptions());
        Assert.True(await reader.NextAsync(default));
        ReadOnlyMemory<byte> content = await reader.ReadDataAsync(default);
        Assert.Equal(new byte[100_000], content.ToArray());
        Assert.Equal(1, tally.Progress().Warnings);
    }

    [Fact]
    public async Task What_may_not_be_opened_is_warned_of()
    {
        using var scratch = new Scratch();
        scratch.Write("tree/secret", "x");
        scratch.Write("tree/locked/inside", "x");
        await Shell.RunAsync($"cd {scratch.Folder}; chmod 755 . tree; chmod 600 tree/secret; chmod 700 tree/locked");
        var tally = new ArchiveTally();
        bool found = false;

        // root may open anything; the identity for file access is the thread's own, so that a thread of its own gives it up
        var thread = new Thread(() =>
        {
            _ = SetFsUid(65534);
            var collector = new Collector(new EntryQueue(256), tally);
            found = collector.CollectAsync(ArchiveSection.Config, Encoding.UTF8.GetBytes(scratch["tree"]), PathExcludes.None, default).GetAwaiter().GetResult();
        });
        thread.Start();
        thread.Join();

        Assert.True(found);
        ArchiveSummary summary = tally.Summarize(Archives.Manifest, Archives.Ended);
        Assert.Equal(
            [scratch["tree/locked"], scratch["tree/secret"]],
            summary.Warnings.Where(warning => warning.Kind == WarningKind.Unreadable).Select(warning => warning.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Sockets_and_kernel_file_systems_are_left_out_with_a_warning()
    {
        using var scratch = new Scratch();
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
        scratch.MakeFolder("tree");
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(scratch["tree/socket"]));
        using var output = new MemoryStream();

        ArchiveSummary summary = await Archives.WriteAsync(output, async writer =>
        {
            Assert.True(await writer.AddTreeAsync(ArchiveSection.Config, scratch["tree"], PathExcludes.None, default));
            Assert.False(await writer.AddTreeAsync(ArchiveSection.Config, "/proc", PathExcludes.None, default));
            Assert.False(await writer.AddTreeAsync(ArchiveSection.Config, scratch["nowhere"], PathExcludes.None, default));
        });

        Assert.Equal(
            [WarningKind.Socket, WarningKind.PseudoFileSystem, WarningKind.Missing], summary.Warnings.Select(warning => warning.Kind));
    }

    [Fact]
    public async Task A_stream_that_ends_early_is_filled_and_one_that_goes_on_is_cut()
    {
        using var scratch = new Scratch();
        using var output = new MemoryStream();
        var attributes = new ArchiveFileAttributes(Archives.Started);

        ArchiveSummary summary = await Archives.WriteAsync(output, async writer =>
        {
            await writer.AddFileAsync(ArchiveSection.State, "databases/short.dump", new MemoryStream([1, 2, 3]), 5, attributes, default);
            await writer.AddFileAsync(ArchiveSection.State, "databases/long.dump", new MemoryStream([1, 2, 3]), 2, attributes, default);
        });

        Assert.Equal([WarningKind.Shrank], summary.Warnings.Select(warning => warning.Kind));
        await Archives.ExtractAsync(output.ToArray(), scratch["out"]);
        Assert.Equal([1, 2, 3, 0, 0], await File.ReadAllBytesAsync(scratch["out/state/databases/short.dump"]));
        Assert.Equal([1, 2], await File.ReadAllBytesAsync(scratch["out/state/databases/long.dump"]));
    }

    [Fact]
    public async Task A_failing_output_is_what_the_caller_sees()
    {
        using var scratch = new Scratch();
        scratch.Write("first", Archives.Noise(Large, 1));

        var failure = await Assert.ThrowsAsync<IOException>(() => Archives.WriteAsync(
            new FailingStream(), writer => writer.AddTreeAsync(ArchiveSection.Config, scratch.Folder, PathExcludes.None, default)));

        Assert.Equal("the line is down", failure.Message);
    }

    [Fact]
    public async Task Sections_out_of_order_are_refused()
        => await Assert.ThrowsAsync<InvalidOperationException>(() => Archives.WriteAsync(new MemoryStream(), async writer =>
        {
            var attributes = new ArchiveFileAttributes(Archives.Started);
            await writer.AddFileAsync(ArchiveSection.Logs, "journal", Stream.Null, 0, attributes, default);
            await writer.AddFileAsync(ArchiveSection.Config, "late", Stream.Null, 0, attributes, default);
        }));

    [Theory]
    [InlineData("../escape")]
    [InlineData("/absolute")]
    [InlineData("a//b")]
    public async Task A_name_that_is_not_plain_is_not_written(string name)
        => await Assert.ThrowsAsync<ArgumentException>(() => Archives.WriteAsync(
            new MemoryStream(),
            writer => writer.AddFileAsync(ArchiveSection.Logs, name, Stream.Null, 0, new ArchiveFileAttributes(Archives.Started), default)));

    [Fact]
    public async Task An_estimate_counts_what_would_be_archived()
    {
        using var scratch = new Scratch();
        scratch.Write("tree/a", new byte[1000]);
        scratch.Write("tree/b/c", new byte[500]);
        scratch.Write("tree/b/left.tmp", new byte[5000]);

        TreeEstimate estimate = await TreeEstimate.CountAsync(scratch["tree"], PathExcludes.Parse(["*.tmp"]), default);

        Assert.Equal(new TreeEstimate(2, 1500), estimate);
        Assert.Equal(default, await TreeEstimate.CountAsync(scratch["nowhere"], PathExcludes.None, default));
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFsUid(uint uid);

    /// <summary>Takes nothing until it is released.</summary>
    private sealed class HeldStream : MemoryStream
    {
        private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public void Release() => _release.SetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _reached.TrySetResult();
            await _release.Task.WaitAsync(cancellationToken);
            await base.WriteAsync(buffer, cancellationToken);
        }
    }

    private sealed class FailingStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
            => throw new IOException("the line is down");
    }
}
