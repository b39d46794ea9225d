using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Threading.Channels;
using Backstay.Agent.Configuration;
using Backstay.Agent.Connection;
using Backstay.Agent.Platform;
using Backstay.Agent.Sources;
using Backstay.Archive;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Backup;

// One backup, as the agent sees it. The numbers are those of the whole path in docs/architecture.md.
//
//  3. Open an upload session: what to include, the key, the plan of the parts, the attempt, the lease.
//  4. Plan: the sources of the sections asked for, estimated files and bytes.
//  5. The pipeline, every stage its own task: collect → tar → zstd → OpenPGP → parts.
//  6. Parts go up in parallel, again and again until they are acknowledged, for as long as the lease can be renewed.
//  8. Progress travels with the renewal of the lease, beside all of the above.
//  9. Complete: part count, size, SHA-256 of the whole, summary. Or fail, with a reason and a text worth reading.
//
// Each stage may end the whole (StageGroup); what it throws decides how the backup ends, and nothing else does.

/// <summary>Makes one backup and sends it.</summary>
internal sealed partial class BackupRun(
    AgentClient client, AgentSettings settings, IReadOnlyList<string> ownFolders, SpoolFolder spool, Guid instance, Guid backup,
    TimeProvider time, ILogger logger)
{
    private const int PipeBytes = 1024 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly RunProgress _progress = new();

    /// <param name="cancelled">The controller has ended the backup.</param>
    /// <param name="stopping">The agent ends: the controller is told.</param>
    public async Task<BackupOutcome> RunAsync(CancellationToken cancelled, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled, stopping);
        UploadSession? session = null;
        try
        {
            session = await OpenAsync(either.Token); // 3.
            await MakeAsync(session, either.Token); // 4. to 9.
            return BackupOutcome.Succeeded;
        }
        catch (BackupStoppedException e) when (e.Reason is null)
        {
            Log.Ended(logger, backup, e.Message);
            return BackupOutcome.Ended;
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            Log.Ended(logger, backup, stopping.IsCancellationRequested ? "The agent is stopping." : "Cancelled by the controller.");
            if (stopping.IsCancellationRequested && session is not null)
                await FailureReport.Stopping(session).TellAsync(client, time, logger, CancellationToken.None);
            return BackupOutcome.Ended;
        }
        catch (Exception e)
        {
            var failure = FailureReport.Of(e, session, _progress.Snapshot());
            Log.Failed(logger, backup, failure.Message, failure.IsExpected ? null : e);
            await failure.TellAsync(client, time, logger, either.Token);
            return BackupOutcome.Failed;
        }
    }

    /// <summary>3. Asks until a controller answers: the lease of a backup that nobody opened runs out over there.</summary>
    private async Task<UploadSession> OpenAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(FirstPause, LongestPause, time);
        while (true)
        {
            var (reply, session) = await client.OpenSessionAsync(
                backup, new OpenSession(instance, AgentVersion.Current), cancellationToken);
            if (session is not null)
            {
                Log.Opened(logger, backup, session.Attempt);
                return session;
            }

            if (reply.Verdict != AgentVerdict.TryAgain)
                throw BackupStoppedException.Ended(reply.Message);
            Log.NotOpened(logger, backup, reply.Message);
            await backoff.WaitAsync(reply.RetryAfter, cancellationToken);
        }
    }

    private async Task MakeAsync(UploadSession session, CancellationToken cancellationToken)
    {
        // The key lives in this one pinned copy, which is zeroed when it goes.
        using var key = new SessionKey(session.SessionKey);
        CryptographicOperations.ZeroMemory(session.SessionKey);

        var sources = SourceList.Create(settings, Sections.AskedFor(session.Logs, session.Audit), ownFolders, time);
        var parallel = Math.Min(settings.ParallelParts ?? session.ParallelParts, session.ParallelParts);
        using var buffers = new PartBuffers(parallel + 1, spool);
        var cutter = new PartCutter(session.PartPlan, buffers);
        var limiter = settings.RateLimit is { } rate ? new RateLimiter(rate, time) : null;
        var uploader = new PartUploader(client, session, limiter, time, logger);

        await using var stages = new StageGroup(cancellationToken);
        stages.StartCompanion(new Lease(client, session, _progress, time, logger).KeepAsync); // 8.
        await stages.RunAsync(ct => PlanAsync(sources, ct)); // 4.

        // 5. The pipes between the stages are bounded: the slowest sets the pace, and memory doesn't grow.
        var sealedBytes = new Pipe(new PipeOptions(
            pauseWriterThreshold: PipeBytes, resumeWriterThreshold: PipeBytes / 2, minimumSegmentSize: 64 * 1024,
            useSynchronizationContext: false));
        var parts = Channel.CreateBounded<Part>(parallel + 1); // never full: the buffers are fewer
        ArchiveSummary? summary = null;
        CutArchive? archive = null;
        stages.Start(async ct => summary = await CollectAsync(session, key, sources, sealedBytes.Writer, ct));
        stages.Start(async ct => archive = await cutter.CutAsync(sealedBytes.Reader, parts.Writer, ct));
        for (var i = 0; i < parallel; i++)
            stages.Start(ct => uploader.SendAsync(parts.Reader, ct)); // 6.
        await stages.WhenAllAsync();

        _progress.Enter(BackupPhase.Completing);
        await stages.RunAsync(ct => CompleteAsync(session, archive!, summary!, ct)); // 9.
        Log.Succeeded(logger, backup, archive!.Size, archive.Parts, summary!.WarningCount);
    }

    private async Task PlanAsync(IReadOnlyList<Source> sources, CancellationToken cancellationToken)
    {
        long files = 0, bytes = 0;
        foreach (var source in sources)
        {
            var estimate = await source.EstimateAsync(cancellationToken);
            files += estimate.Files;
            bytes += estimate.Bytes;
        }

        _progress.Planned(new TreeEstimate(files, bytes));
        Log.Planned(logger, backup, sources.Count, files, bytes);
    }

    private async Task<ArchiveSummary> CollectAsync(
        UploadSession session, SessionKey key, IReadOnlyList<Source> sources, PipeWriter sealedBytes, CancellationToken cancellationToken)
    {
        Log.Collecting(logger, backup);
        Exception? failure = null;
        try
        {
            var manifest = new ArchiveManifest
            {
                ApplianceId = session.ApplianceId,
                ApplianceName = session.ApplianceName,
                BackupId = session.BackupId,
                AgentVersion = AgentVersion.Current,
                Sections = Sections.AskedFor(session.Logs, session.Audit),
                Started = time.GetUtcNow(),
                Hostname = Environment.MachineName,
            };
            var options = new ArchiveWriterOptions { CompressionLevel = settings.CompressionLevel, SpoolFolder = spool.Path };
            await using var output = sealedBytes.AsStream(leaveOpen: true);
            await using var writer = ArchiveWriter.Create(output, key, session.Envelope, manifest, options);
            _progress.Collecting(() => writer.Progress);
            var context = new SourceContext(writer, spool, time);
            foreach (var source in sources)
            {
                _progress.CollectingFrom(source.Name);
                await CollectAsync(source, context, cancellationToken);
            }

            var summary = await writer.FinishAsync(time.GetUtcNow(), cancellationToken);
            _progress.Enter(BackupPhase.Uploading);
            return summary;
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            await sealedBytes.CompleteAsync(failure);
        }
    }

    /// <summary>A source that fails as a whole is a warning, or the end, as the configuration says.</summary>
    private async Task CollectAsync(Source source, SourceContext context, CancellationToken cancellationToken)
    {
        try
        {
            await source.CollectAsync(context, cancellationToken);
        }
        catch (SourceFailedException e) when (source.Required)
        {
            throw BackupStoppedException.Failed(
                FailureReason.SourceFailed, $"A required source of the section {source.Section.Word()} failed: {source.Name}",
                e.Output is null ? e.Message : $"{e.Message}\n\nIt said:\n{e.Output}", e);
        }
        catch (SourceFailedException e)
        {
            Log.SourceFailed(logger, source.Name, e.Message);
            context.Warn(source.Section, source.Name, WarningKind.Source, e.Message);
        }
    }

    /// <summary>9. Said until it is answered: a success that nobody acknowledged is none.</summary>
    private async Task CompleteAsync(
        UploadSession session, CutArchive archive, ArchiveSummary summary, CancellationToken cancellationToken)
    {
        var complete = new CompleteUpload(archive.Parts, archive.Size, archive.Sha256, Summaries.ForUpload(summary));
        var backoff = new Backoff(FirstPause, LongestPause, time);
        Log.Completing(logger, backup);
        while (true)
        {
            var reply = await client.CompleteAsync(session.BackupId, session.Attempt, complete, cancellationToken);
            switch (reply.Verdict)
            {
                case AgentVerdict.Ok:
                    return;
                case AgentVerdict.TryAgain:
                    Log.NotCompleted(logger, backup, reply.Message);
                    break;
                case AgentVerdict.Ended or AgentVerdict.Unauthorized or AgentVerdict.StoreFull:
                    throw BackupStoppedException.Ended(reply.Message);
                default:
                    throw BackupStoppedException.Failed(
                        FailureReason.Integrity, $"The controller did not accept the archive: {reply.Message}");
            }

            await backoff.WaitAsync(reply.RetryAfter, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Backup {Backup}: begun, attempt {Attempt}.")]
        public static partial void Opened(ILogger logger, Guid backup, int attempt);

        [LoggerMessage(LogLevel.Warning, "Backup {Backup}: not begun yet: {Reason}")]
        public static partial void NotOpened(ILogger logger, Guid backup, string reason);

        [LoggerMessage(LogLevel.Information, "Backup {Backup}: {Sources} sources, about {Files} files, {Bytes} bytes.")]
        public static partial void Planned(ILogger logger, Guid backup, int sources, long files, long bytes);

        [LoggerMessage(LogLevel.Debug, "Step 5: backup {Backup} is collected and sealed.")]
        public static partial void Collecting(ILogger logger, Guid backup);

        [LoggerMessage(LogLevel.Debug, "Step 9: every part of backup {Backup} is acknowledged; it is said to be complete.")]
        public static partial void Completing(ILogger logger, Guid backup);

        [LoggerMessage(LogLevel.Warning, "Source {Source} failed, the archive has a warning: {Reason}")]
        public static partial void SourceFailed(ILogger logger, string source, string reason);

        [LoggerMessage(LogLevel.Warning, "Backup {Backup}: sent, but not completed yet: {Reason}")]
        public static partial void NotCompleted(ILogger logger, Guid backup, string reason);

        [LoggerMessage(LogLevel.Information, "Backup {Backup}: success, {Size} bytes in {Parts} parts, {Warnings} warnings.")]
        public static partial void Succeeded(ILogger logger, Guid backup, long size, int parts, long warnings);

        [LoggerMessage(LogLevel.Information, "Backup {Backup}: over: {Reason}")]
        public static partial void Ended(ILogger logger, Guid backup, string reason);

        [LoggerMessage(LogLevel.Error, "Backup {Backup}: failed: {Reason}")]
        public static partial void Failed(ILogger logger, Guid backup, string reason, Exception? exception);
    }
}
