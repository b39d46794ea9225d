using System.Diagnostics;
using Backstay.Agent.Configuration;
using Backstay.Agent.Sources;
using Backstay.Archive;
using Xunit;

namespace Backstay.Agent.Tests.Sources;

public sealed class CommandSourceTests : SourceTest
{
    [Fact]
    public async Task The_output_of_a_command_becomes_a_file()
    {
        var (files, warnings) = await CollectAsync(ArchiveSection.State, Command("printf", "%s|", "a b", "$HOME", "*"));

        // No shell has touched the arguments.
        Assert.Equal("a b|$HOME|*|", files["state/commands/out.txt"].Text());
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task An_output_larger_than_memory_should_hold_goes_through_the_disk()
    {
        var (files, _) = await CollectAsync(ArchiveSection.State, Command("head", "-c", "30000000", "/dev/zero"));

        Assert.Equal(30_000_000, files["state/commands/out.txt"].Length);
    }

    [Fact]
    public async Task A_command_that_fails_is_a_failure_with_what_it_said()
    {
        var failed = await Assert.ThrowsAsync<SourceFailedException>(
            () => CollectAsync(ArchiveSection.State, Command("sh", "-c", "echo part; echo first >&2; echo no licence >&2; exit 3")));

        Assert.Contains("exit code 3: first; no licence", failed.Message, StringComparison.Ordinal);
        Assert.Equal("first\nno licence", failed.Output);
    }

    [Fact]
    public async Task A_command_that_is_not_there_is_a_failure_that_names_it()
    {
        var failed = await Assert.ThrowsAsync<SourceFailedException>(
            () => CollectAsync(ArchiveSection.State, Command("/usr/bin/no-such-program")));

        Assert.Contains("/usr/bin/no-such-program could not be started", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_takes_too_long_is_stopped_with_all_it_started()
    {
        var marker = Folder.Of("child");
        var settings = Command("sh", "-c", $"sleep 300 & echo $! > {marker}; wait") with { Timeout = TimeSpan.FromSeconds(1) };

        var failed = await Assert.ThrowsAsync<SourceFailedException>(() => CollectAsync(ArchiveSection.State, settings));

        Assert.Contains("not done after 1s", failed.Message, StringComparison.Ordinal);
        await GoneAsync(int.Parse(await File.ReadAllTextAsync(marker)));
    }

    [Fact]
    public async Task A_cancelled_command_is_stopped()
    {
        var marker = Folder.Of("pid");
        using var cancellation = new CancellationTokenSource();
        var collecting = CollectAsync(ArchiveSection.State, Command("sh", "-c", $"echo $$ > {marker}.new; mv {marker}.new {marker}; exec sleep 300"), cancellation.Token);
        while (!File.Exists(marker))
            await Task.Delay(20);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => collecting);
        await GoneAsync(int.Parse(await File.ReadAllTextAsync(marker)));
    }

    private static async Task GoneAsync(int process)
    {
        var watch = Stopwatch.StartNew();
        // A killed child of ours that nobody has waited for yet is a zombie: gone, for all that it can do.
        while (Directory.Exists($"/proc/{process}") && !(await File.ReadAllTextAsync($"/proc/{process}/stat")).Contains(") Z ", StringComparison.Ordinal))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"process {process} still runs");
            await Task.Delay(20);
        }
    }

    private static CommandSettings Command(params string[] command) => new(command, "out.txt", TimeSpan.FromMinutes(1));
}
