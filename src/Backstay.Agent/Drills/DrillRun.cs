using Backstay.Agent.Backup;
using Backstay.Agent.Configuration;
using Backstay.Agent.Connection;
using Backstay.Archive;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Drills;

// One drill, as its machine sees it:
//
//  1. Is there room, and a key? If not, nothing is read.
//  2. The archive is read, opened and restored into a fresh folder in one pass; every SHA-256 in it is compared on the way.
//  3. It is the backup that was meant.
//  4. The checks that are for its appliance, one after the other, all of them.
//  5. What was restored is removed, with whatever still works on it.
//  6. The result is said until it is heard.
//
// Beside 1 to 4 the lease is kept; when the controller says that the drill is over, they stop, 5 is done, and 6 isn't.

/// <summary>Restores one archive for practice.</summary>
internal sealed partial class DrillRun(
    AgentClient client, DrillSettings settings, ScratchFolder scratch, DrillAssignment drill, TimeProvider time, ILogger logger)
{
    private const string Restored = "root";
    private const string Work = "work";
    private const int MaxMessage = 1000;

    private readonly List<DrillCheck> _checks = [];
    private volatile string _doing = "Beginning.";
    private VerificationResult? _proven;

    public async Task RunAsync(CancellationToken stopping)
    {
        Log.Begun(logger, drill.DrillId, drill.BackupId, drill.ApplianceName);
        var folder = scratch.Of(drill.DrillId, drill.Attempt);
        DrillReport? report = null;
        try
        {
            await using var parts = new StageGroup(stopping);
            parts.StartCompanion(KeepLeaseAsync);
            await parts.RunAsync(ct => DoAsync(folder, ct));
            report = Judge();
        }
        catch (DrillOverException e)
        {
            Log.Over(logger, drill.DrillId, e.Message);
        }
        catch (DrillFailedException e)
        {
            report = Report(DrillOutcome.Failed, e.Message);
        }
        catch (DrillImpossibleException e)
        {
            report = Report(DrillOutcome.CouldNot, e.Message);
        }
        catch (ArchiveException e)
        {
            report = Report(OutcomeOf(e.Fault), e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            report = Report(DrillOutcome.CouldNot, $"This machine could not work in {folder}: {e.Message}");
        }
        finally
        {
            // 5. Also when the agent stops: it is worth waiting for.
            if (await scratch.RemoveAsync(folder, CancellationToken.None) is { } problem)
            {
                Log.NotRemoved(logger, folder, problem);
                report = report is null ? null : report with { Message = $"{report.Message} {folder} could not be removed: {problem}" };
            }
        }

        if (report is not null)
            await TellAsync(report, stopping); // 6.
    }

    private async Task DoAsync(string folder, CancellationToken cancellationToken)
    {
        // 1.
        ScratchFolder.Create(folder);
        CheckRoom();
        var unlock = await DrillKey.ReadAsync(settings, cancellationToken);

        // 2. Files belong to the agent, and nothing is set-user-id: what an archive says can't become a way into this machine.
        _doing = $"Restoring {drill.Size} bytes.";
        var root = Path.Combine(folder, Restored);
        var options = new ExtractOptions
        {
            RestoreOwner = false,
            SpoolFolder = folder,
            MaxExpandedBytes = Math.Min(settings.SpaceLimit ?? long.MaxValue, new ExtractOptions().MaxExpandedBytes),
        };
        ExtractionResult extracted;
        await using (var archive = new DrillArchive(client, drill, time, logger))
            extracted = await ArchiveReader.ExtractAsync(archive, unlock, root, options, new Restoring(this, drill.Size), cancellationToken);
        _proven = extracted.Verification;
        foreach (var problem in extracted.Problems.Take(10))
            Log.NotFully(logger, drill.DrillId, problem.Path, problem.Message);

        // 3. A whole archive, and sealed for us, may still be another one.
        var manifest = _proven.Manifest;
        if (manifest.BackupId != drill.BackupId || manifest.ApplianceId != drill.ApplianceId)
            throw new DrillFailedException($"The archive is of backup {manifest.BackupId} of {manifest.ApplianceName}, not of the backup that it is stored as.");

        // 4. All of them, also after one that failed: each says something.
        var work = Path.Combine(folder, Work);
        ScratchFolder.Create(work);
        var environment = Environment(folder, root, work, manifest);
        foreach (var check in settings.Checks.Where(c => c.IsFor(drill.ApplianceId, drill.ApplianceName, drill.Tags, drill.Functions)))
        {
            _doing = $"Running check {check.Name}.";
            var result = check.RunAs is { } user && await scratch.HandOverAsync(folder, root, work, user, cancellationToken) is { } problem
                ? CheckRun.NotBegun(check, problem)
                : await CheckRun.RunAsync(check, root, environment, time, cancellationToken);
            Log.Checked(logger, drill.DrillId, check.Name, result.Passed, result.ExitCode, result.Seconds);
            _checks.Add(result);
        }
    }

    private void CheckRoom()
    {
        if (drill.ContentBytes is not { } needed)
            return;
        if (needed > settings.SpaceLimit)
            throw new DrillImpossibleException($"The backup has {needed} bytes of files, more than this machine's spaceLimit of {settings.SpaceLimit}.");
        if (scratch.Free is var free && needed > free)
            throw new DrillImpossibleException($"The backup has {needed} bytes of files, and {scratch.Path} has room for {free}. Make room.");
    }

    private Dictionary<string, string> Environment(string folder, string root, string work, ArchiveManifest manifest) => new()
    {
        [ScratchProcesses.Variable] = folder,
        ["BACKSTAY_DRILL_ROOT"] = root,
        ["BACKSTAY_DRILL_WORK"] = work,
        ["BACKSTAY_DRILL_ID"] = drill.DrillId.ToString(),
        ["BACKSTAY_BACKUP_ID"] = drill.BackupId.ToString(),
        ["BACKSTAY_BACKUP_CREATED"] = drill.BackupCreated.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
        ["BACKSTAY_APPLIANCE_ID"] = drill.ApplianceId.ToString(),
        ["BACKSTAY_APPLIANCE_NAME"] = drill.ApplianceName,
        ["BACKSTAY_SECTIONS"] = string.Join(' ', manifest.Sections.Select(section => section.Word())),
        ["TMPDIR"] = work,
    };

    /// <summary>Runs until it is cancelled. A controller that can't be reached is a pause.</summary>
    /// <exception cref="DrillOverException">The drill is no longer this machine's.</exception>
    private async Task KeepLeaseAsync(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(drill.LeaseSeconds / 4.0);
        var retry = TimeSpan.FromSeconds(Math.Min(5, pause.TotalSeconds));
        while (true)
        {
            var reply = await client.RenewDrillAsync(drill.DrillId, drill.Attempt, new DrillLease(_doing), cancellationToken);
            if (!reply.IsOk && reply.Verdict != AgentVerdict.TryAgain)
                throw new DrillOverException(reply.Message);
            await Task.Delay(reply.IsOk ? pause : retry, time, cancellationToken);
        }
    }

    private async Task TellAsync(DrillReport report, CancellationToken cancellationToken)
    {
        Log.Ended(logger, drill.DrillId, report.Outcome, report.Message);
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), time);
        while (true)
        {
            var reply = await client.ReportDrillAsync(drill.DrillId, drill.Attempt, report, cancellationToken);
            if (reply.IsOk)
                return;
            if (reply.Verdict != AgentVerdict.TryAgain)
            {
                Log.NotTaken(logger, drill.DrillId, reply.Message);
                return;
            }

            await backoff.WaitAsync(reply.RetryAfter, cancellationToken);
        }
    }

    /// <summary>One check that failed is a result, whatever the others could not; without one, a check that has no result leaves the drill without.</summary>
    private DrillReport Judge()
    {
        if (_checks.Where(check => check is { Passed: false, Obstacle: null }).Select(check => check.Name).ToList() is { Count: > 0 } failed)
            return Report(DrillOutcome.Failed, $"Restored, but {Checks(failed.Count)} of {_checks.Count} failed: {string.Join(", ", failed)}.");
        if (_checks.Where(check => check.Obstacle is not null).Select(check => $"{check.Name}: {check.Obstacle}").ToList() is { Count: > 0 } unable)
            return Report(DrillOutcome.CouldNot, $"Restored, but {Checks(unable.Count)} of {_checks.Count} could not be done here. {string.Join(" ", unable)}");
        return Report(DrillOutcome.Passed, Summary());
    }

    private DrillReport Report(DrillOutcome outcome, string message) => new(
        outcome, message.Length <= MaxMessage ? message : message[..MaxMessage], _proven?.Files ?? 0, _proven?.ContentBytes ?? 0, _checks);

    private string Summary() => $"Restored {_proven!.Files} files of {_proven.ContentBytes} bytes, every SHA-256 right; "
        + (_checks.Count == 0 ? "no check is configured for this appliance." : $"{Checks(_checks.Count)} passed.");

    private static string Checks(int count) => count == 1 ? "1 check" : $"{count} checks";

    /// <summary>Damage, or an archive that means harm, is a result; a key or a place that isn't right is this machine's own trouble.</summary>
    internal static DrillOutcome OutcomeOf(ArchiveFault fault) => fault switch
    {
        ArchiveFault.Damaged or ArchiveFault.Truncated or ArchiveFault.NotAnArchive or ArchiveFault.HostilePath => DrillOutcome.Failed,
        _ => DrillOutcome.CouldNot,
    };

    private sealed class Restoring(DrillRun run, long size) : IProgress<ReadProgress>
    {
        public void Report(ReadProgress value) => run._doing = $"Restoring: {value.SealedBytes} of {size} bytes, {value.Entries} entries.";
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Drill {Drill}: begun, backup {Backup} of {Appliance}.")]
        public static partial void Begun(ILogger logger, Guid drill, Guid backup, string appliance);

        [LoggerMessage(LogLevel.Warning, "Drill {Drill}: {Path} is not restored as it was: {Problem}")]
        public static partial void NotFully(ILogger logger, Guid drill, string path, string problem);

        [LoggerMessage(LogLevel.Information, "Drill {Drill}: check {Check}: passed {Passed}, exit code {ExitCode}, {Seconds} s.")]
        public static partial void Checked(ILogger logger, Guid drill, string check, bool passed, int? exitCode, double seconds);

        [LoggerMessage(LogLevel.Information, "Drill {Drill}: {Outcome}: {Message}")]
        public static partial void Ended(ILogger logger, Guid drill, DrillOutcome outcome, string message);

        [LoggerMessage(LogLevel.Information, "Drill {Drill}: over: {Reason}")]
        public static partial void Over(ILogger logger, Guid drill, string reason);

        [LoggerMessage(LogLevel.Warning, "Drill {Drill}: the controller doesn't take the result: {Reason}")]
        public static partial void NotTaken(ILogger logger, Guid drill, string reason);

        [LoggerMessage(LogLevel.Error, "{Folder} could not be removed: {Problem} Remove it; the next start tries again.")]
        public static partial void NotRemoved(ILogger logger, string folder, string problem);
    }
}
