using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using Backstay.Agent.Backup;
using Backstay.Agent.Configuration;
using Backstay.Agent.Platform;
using Backstay.Agent.Tests.Sources;
using Backstay.Archive;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Backstay.Agent.Tests.Backup;

public sealed class BackupRunTests : IAsyncLifetime
{
    private const string Passphrase = "correct horse";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly TempFolder _folder = new();
    private TestController _controller = null!;

    public async ValueTask InitializeAsync()
    {
        _controller = await TestController.StartAsync();
        _controller.Session = NewSession();
        Directory.CreateDirectory(_folder.Of("source"));
    }

    public async ValueTask DisposeAsync()
    {
        await _controller.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_parts_are_an_archive_that_stock_tools_open_and_the_summary_says_what_is_in_it()
    {
        var noise = RandomNumberGenerator.GetBytes(3_000_000);
        await File.WriteAllBytesAsync(_folder.Of("source/noise"), noise);
        _folder.Write("source/small", "hello");

        var outcome = await RunAsync();

        Assert.Equal(BackupOutcome.Succeeded, outcome);
        var files = await OpenAsync();
        Assert.Equal(noise, files[$"config{_folder.Of("source/noise")}"]);
        Assert.Equal("hello", files[$"config{_folder.Of("source/small")}"].Text());
        var manifest = files["backstay/manifest.json"].Json();
        Assert.Equal(_controller.Session!.BackupId, manifest.GetProperty("backupId").GetGuid());
        Assert.Equal(["config", "state"], manifest.GetProperty("sections").EnumerateArray().Select(s => s.GetString()));

        var completed = _controller.Completed!;
        var archive = _controller.Archive;
        Assert.Equal(_controller.Parts.Count, completed.Parts);
        Assert.Equal(archive.Length, completed.Size);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(archive)), completed.Sha256);
        Assert.Equal((2, 3_000_005, 0), (completed.Summary.Files, completed.Summary.Bytes, completed.Summary.Warnings));
        Assert.All(_controller.Parts.SkipLast(1), part => Assert.Equal(_controller.Session.PartPlan.SizeOf(part.Key), part.Value.Length));
    }

    [Fact]
    public async Task Only_the_sections_that_were_asked_for_are_collected()
    {
        _controller.Session = NewSession() with { Logs = true };
        var settings = Settings() with
        {
            Sections = Enum.GetValues<ArchiveSection>().ToDictionary(
                section => section,
                section => (IReadOnlyList<SourceSettings>)[new CommandSettings(["echo", section.Word()], "x", TimeSpan.FromMinutes(1))]),
        };

        await RunAsync(settings);

        Assert.Equal(
            ["config/commands/x", "logs/commands/x", "state/commands/x"],
            (await OpenAsync()).Keys.Where(name => name.EndsWith("/x", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task A_required_source_that_fails_ends_the_backup_with_its_reason_and_what_was_said()
    {
        var settings = With(ArchiveSection.State, new CommandSettings(["sh", "-c", "echo no licence >&2; exit 9"], "x", TimeSpan.FromMinutes(1)) { Required = true });

        var outcome = await RunAsync(settings);

        Assert.Equal(BackupOutcome.Failed, outcome);
        Assert.Equal(FailureReason.SourceFailed, _controller.Failed!.Reason);
        Assert.Contains("exit code 9", _controller.Failed.Output, StringComparison.Ordinal);
        Assert.Contains("no licence", _controller.Failed.Output, StringComparison.Ordinal);
        Assert.Null(_controller.Completed);
    }

    [Fact]
    public async Task A_source_that_is_not_required_and_fails_is_a_warning()
    {
        var settings = With(ArchiveSection.State, new CommandSettings(["false"], "x", TimeSpan.FromMinutes(1)));

        var outcome = await RunAsync(settings);

        Assert.Equal(BackupOutcome.Succeeded, outcome);
        Assert.Equal(1, _controller.Completed!.Summary.Warnings);
        Assert.Contains("exit code 1", Assert.Single(_controller.Completed.Summary.FirstWarnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_warning_is_told_with_the_path_that_it_is_about()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder.Of("source/s")));

        var outcome = await RunAsync();

        Assert.Equal(BackupOutcome.Succeeded, outcome);
        Assert.StartsWith(
            $"config: {_folder.Of("source/s")}: ", Assert.Single(_controller.Completed!.Summary.FirstWarnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_controller_that_is_away_for_a_while_costs_a_pause_and_not_the_backup()
    {
        await File.WriteAllBytesAsync(_folder.Of("source/noise"), RandomNumberGenerator.GetBytes(3_000_000));
        var away = new Stopwatch();
        _controller.Before = async (context, path) =>
        {
            if (path.EndsWith("/parts/3", StringComparison.Ordinal))
                away.Start();
            if (!away.IsRunning || away.Elapsed > TimeSpan.FromSeconds(3))
                return false;
            await Task.Yield();
            context.Abort();
            return true;
        };

        var outcome = await RunAsync();

        Assert.Equal(BackupOutcome.Succeeded, outcome);
        Assert.True(away.Elapsed > TimeSpan.FromSeconds(3));
        Assert.Contains($"config{_folder.Of("source/noise")}", (await OpenAsync()).Keys);
    }

    [Theory]
    [InlineData("/session", 409, ErrorIds.BackupEnded)]
    [InlineData("/lease", 409, ErrorIds.AttemptClosed)]
    [InlineData("/parts/2", 409, ErrorIds.AttemptClosed)]
    [InlineData("/parts/2", 507, ErrorIds.StoreFull)]
    [InlineData("/complete", 409, ErrorIds.BackupEnded)]
    public async Task A_backup_that_the_controller_has_ended_is_given_up_without_another_word(string call, int status, string id)
    {
        await File.WriteAllBytesAsync(_folder.Of("source/noise"), RandomNumberGenerator.GetBytes(1_000_000));
        _controller.Before = async (context, path) =>
        {
            if (!path.EndsWith(call, StringComparison.Ordinal))
                return false;
            await TestController.RefuseAsync(context, status, id);
            return true;
        };
        var settings = call == "/lease" ? Slow() : Settings();

        var outcome = await RunAsync(settings);

        Assert.Equal(BackupOutcome.Ended, outcome);
        Assert.Null(_controller.Failed);
        Assert.Null(_controller.Completed);
    }

    [Fact]
    public async Task A_cancel_stops_at_once_and_nothing_is_said_to_those_who_know()
    {
        using var cancelled = new CancellationTokenSource();
        var running = RunAsync(Slow(), cancelled.Token);
        while (_controller.Renewals.IsEmpty)
            await Task.Delay(20);

        await cancelled.CancelAsync();

        Assert.Equal(BackupOutcome.Ended, await running.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Null(_controller.Failed);
    }

    [Fact]
    public async Task An_agent_that_is_stopped_tells_so()
    {
        using var stopping = new CancellationTokenSource();
        var running = RunAsync(Slow(), default, stopping.Token);
        while (_controller.Renewals.IsEmpty)
            await Task.Delay(20);

        await stopping.CancelAsync();

        Assert.Equal(BackupOutcome.Ended, await running.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(FailureReason.AgentRestarted, _controller.Failed!.Reason);
    }

    [Fact]
    public async Task Completion_is_said_again_until_it_is_answered()
    {
        var tries = 0;
        _controller.After = (context, path) =>
        {
            if (path.EndsWith("/complete", StringComparison.Ordinal) && ++tries == 1)
                context.Abort();
            return Task.CompletedTask;
        };

        Assert.Equal(BackupOutcome.Succeeded, await RunAsync());
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task Parts_that_the_controller_misses_at_the_end_are_an_integrity_failure()
    {
        _controller.Before = async (context, path) =>
        {
            if (!path.EndsWith("/complete", StringComparison.Ordinal))
                return false;
            await TestController.RefuseAsync(context, 409, ErrorIds.PartsIncomplete);
            return true;
        };

        Assert.Equal(BackupOutcome.Failed, await RunAsync());
        Assert.Equal(FailureReason.Integrity, _controller.Failed!.Reason);
    }

    [Fact]
    public async Task Progress_travels_with_the_lease_at_most_once_a_second_and_never_backwards()
    {
        for (var i = 0; i < 200; i++)
            _folder.Write($"source/f{i}", "x");
        var settings = Slow(seconds: 4);

        var watch = Stopwatch.StartNew();
        Assert.Equal(BackupOutcome.Succeeded, await RunAsync(settings));

        var renewals = _controller.Renewals.ToList();
        Assert.InRange(renewals.Count, 1, (int)watch.Elapsed.TotalSeconds + 2);
        Assert.Equal(renewals.Select(r => r.Files).Order(), renewals.Select(r => r.Files));
        Assert.All(renewals, renewal => Assert.True(renewal.FilesTotal is null || renewal.FilesTotal >= renewal.Files));
        Assert.Contains(renewals, renewal => renewal is { Phase: BackupPhase.Collecting, Files: >= 200 });
    }

    [Fact]
    public async Task Nothing_of_a_backup_stays_in_the_spool_folder()
    {
        _controller.Session = NewSession() with { PartPlan = new PartPlan([new(1, 100_000), new(3, PartBuffers.LargestInMemory + 1)], 10) };
        await File.WriteAllBytesAsync(_folder.Of("source/noise"), RandomNumberGenerator.GetBytes(10_000_000));

        Assert.Equal(BackupOutcome.Succeeded, await RunAsync());

        Assert.Equal(4, _controller.Parts.Count);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Of("spool")));
        Assert.Contains($"config{_folder.Of("source/noise")}", (await OpenAsync()).Keys);
    }

    private static UploadSession NewSession()
    {
        using var key = SessionKey.Generate();
        return new UploadSession(
            Guid.NewGuid(), Guid.NewGuid(), "gateway-1", 1, Logs: false, Audit: false, Envelope.Wrap(key, [Passphrase], []), key.Bytes.ToArray(),
            new PartPlan([new(1, 100_000), new(5, 200_000)], 1000), ParallelParts: 4, LeaseSeconds: 60, DateTimeOffset.MaxValue);
    }

    private AgentSettings Settings() => new()
    {
        Sections = Enum.GetValues<ArchiveSection>().ToDictionary(
            section => section,
            section => (IReadOnlyList<SourceSettings>)(section == ArchiveSection.Config ? [new FilesSettings([_folder.Of("source")], [], true)] : [])),
    };

    private AgentSettings With(ArchiveSection section, SourceSettings source)
    {
        var settings = Settings();
        return settings with
        {
            Sections = settings.Sections.ToDictionary(s => s.Key, s => s.Key == section ? [.. s.Value, source] : s.Value),
        };
    }

    /// <summary>With a source that takes its time, so that something can happen meanwhile.</summary>
    private AgentSettings Slow(int seconds = 60) =>
        With(ArchiveSection.State, new CommandSettings(["sleep", $"{seconds}"], "slow", TimeSpan.FromMinutes(2)));

    private async Task<BackupOutcome> RunAsync(
        AgentSettings? settings = null, CancellationToken cancelled = default, CancellationToken stopping = default)
    {
        using var http = _controller.CreateClient();
        var run = new BackupRun(
            _controller.CreateAgentClient(http), settings ?? Settings(), [_folder.Of("state")], new SpoolFolder(_folder.Of("spool")),
            Guid.NewGuid(), _controller.Session!.BackupId, TimeProvider.System, NullLogger.Instance);
        return await run.RunAsync(cancelled, stopping).WaitAsync(Soon, CancellationToken.None);
    }

    private async Task<Dictionary<string, byte[]>> OpenAsync()
    {
        var path = _folder.Of("archive.gpg");
        await File.WriteAllBytesAsync(path, _controller.Archive);
        return await OpenedArchive.ReadAsync(path, Passphrase);
    }
}
