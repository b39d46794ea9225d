using System.CommandLine;
using Backstay.Cli.Downloads;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup run</c>: starts backups, and with <c>--wait</c> stays until they have ended.</summary>
internal sealed class RunCommand : CliCommand
{
    private const int MostWarnings = 5;

    private readonly Argument<string[]> _names = new("NAME")
    {
        Description = "Appliances, by name or id",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _all = new("--all") { Description = "Every activated appliance" };
    private readonly Option<bool> _logs = new("--logs") { Description = "Include the system logs" };
    private readonly Option<bool> _audit = new("--audit") { Description = "Include the audit logs" };

    private readonly Option<string?> _notifyUrl = new("--notify-url")
    {
        Description = "Gets a signed POST when the backup has ended",
        HelpName = "URL",
    };

    private readonly Option<bool> _wait = new("--wait", "-w") { Description = "Stay until the backups have ended, and show how far they are" };

    private readonly Option<DirectoryInfo?> _download = new("--download")
    {
        Description = "Wait, then download the archives into this folder",
        HelpName = "DIR",
    };

    public RunCommand(GlobalOptions global)
        : base(
            global,
            "run",
            "Back appliances up",
            "backstay backup run gw-01 --logs --audit --wait",
            "backstay backup run gw-01 gw-02 --download /srv/archives",
            "backstay backup run --all --wait --output json")
    {
        Arguments.Add(_names);
        Options.Add(_all);
        Options.Add(_logs);
        Options.Add(_audit);
        Options.Add(_notifyUrl);
        Options.Add(_wait);
        Options.Add(_download);
        Validators.Add(result =>
        {
            var hasNames = result.GetValue(_names) is { Length: > 0 };
            if (result.GetValue(_all) == hasNames)
                result.AddError("Say which appliances: either their names or --all.");
        });
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var (appliances, skipped) = await AppliancesAsync(invocation, client, cancellationToken);

        var request = new BackupRequest(invocation.Value(_logs), invocation.Value(_audit), invocation.Value(_notifyUrl));
        var runs = new List<RunResult>();
        foreach (var appliance in appliances)
            runs.Add(await StartAsync(client, appliance, request, cancellationToken));

        if (invocation.Value(_wait) || invocation.Value(_download) is not null)
            runs = await FollowAllAsync(invocation, client, runs, cancellationToken);
        Show(invocation.Terminal, runs);
        var codes = runs.ConvertAll(run => run.ExitCode);
        if (skipped)
            codes.Add(ExitCode.Warnings);
        return ExitCodes.Of(codes);
    }

    private async Task<(IReadOnlyList<ApplianceStatus> Appliances, bool Skipped)> AppliancesAsync(
        Invocation invocation, AdminClient client, CancellationToken cancellationToken)
    {
        if (!invocation.Value(_all))
        {
            var named = new List<ApplianceStatus>();
            foreach (var name in invocation.Value(_names))
                named.Add(await client.FindApplianceAsync(name, cancellationToken));
            return (named.DistinctBy(appliance => appliance.Id).ToList(), Skipped: false);
        }

        var all = (await client.ListApplianceStatusAsync(null, cancellationToken)).Data.Where(appliance => appliance.Activated).ToList();
        if (all.Count == 0)
            throw CliException.NotFound("No appliance is activated. Add one with: backstay appliance add NAME");
        var offline = all.Where(appliance => appliance.Status == ApplianceHealth.Offline).ToList();
        foreach (var appliance in offline)
            invocation.Terminal.Warn($"{appliance.Name} is offline and was skipped.");
        if (offline.Count == all.Count)
            throw new CliException(ExitCode.Failure, ErrorIds.ApplianceOffline, "Every appliance is offline.");
        return (all.Except(offline).ToList(), offline.Count > 0);
    }

    private static async Task<RunResult> StartAsync(
        AdminClient client, ApplianceStatus appliance, BackupRequest request, CancellationToken cancellationToken)
    {
        var run = new RunResult(appliance.Name, appliance.Id);
        try
        {
            var accepted = await client.StartBackupAsync(appliance.Id, request, cancellationToken);
            var backup = await client.FindBackupAsync(appliance.Id, accepted.Id, cancellationToken);
            return run with { BackupId = accepted.Id, Backup = backup };
        }
        catch (AdminApiException e)
        {
            return run.With(Failure.Of(e, cancellationToken));
        }
    }

    private async Task<List<RunResult>> FollowAllAsync(
        Invocation invocation, AdminClient client, List<RunResult> runs, CancellationToken cancellationToken)
    {
        try
        {
            return await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, async board =>
            {
                var following = runs.ConvertAll(run => run.BackupId is { } backupId
                    ? FollowAsync(invocation, client, run, backupId, board.Add(run.Appliance), cancellationToken)
                    : Task.FromResult(run));
                return (await Task.WhenAll(following)).ToList();
            });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            foreach (var run in runs.Where(run => run.BackupId is not null))
                invocation.Terminal.Warn(BackupText.GoesOn(run.Appliance, run.BackupId!.Value));
            throw;
        }
    }

    private async Task<RunResult> FollowAsync(
        Invocation invocation, AdminClient client, RunResult run, Guid backupId, ProgressLine line, CancellationToken cancellationToken)
    {
        try
        {
            var follower = new BackupFollower(client, invocation.Clock);
            var backup = await follower.FollowAsync(run.ApplianceId, backupId, line, cancellationToken);
            run = run with { Backup = backup, ExitCode = BackupText.ExitCode(backup) };
            if (backup.Result != BackupResult.Success)
                return run with { Error = new ApiError(CliErrorIds.BackupFailed, BackupText.Failure(backup)) };
            if (invocation.Value(_download) is not { } folder)
                return run;
            var downloader = new ArchiveDownloader(client, invocation.Clock, ArchiveDownloader.DefaultRetries);
            var target = DownloadTarget.Folder(folder.FullName, force: false);
            var archive = await downloader.DownloadAsync(run.ApplianceId, backupId, target, line, cancellationToken);
            return run with { File = archive.File };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            line.End("given up");
            return run.With(Failure.Of(e, cancellationToken));
        }
    }

    private static void Show(Terminal terminal, List<RunResult> runs)
    {
        foreach (var run in runs)
        {
            // A program finds them in the record.
            if (terminal.Format == OutputFormat.Table && run.Backup is { } ended)
            {
                foreach (var warning in BackupText.FirstWarnings(ended, MostWarnings, $"backstay backup show {run.Appliance} {run.BackupId}"))
                    terminal.Warn($"{run.Appliance}: {warning}");
            }

            if (run.Error is { } error)
                terminal.Fail(new Failure(run.ExitCode, error));
        }

        terminal.Result(runs, CliJson.Default.RunResult, new Columns<RunResult>()
            .Add("APPLIANCE", run => run.Appliance)
            .Add("BACKUP", run => run.BackupId?.ToString())
            .Add(
                "STATE",
                run => run.Backup is { } backup ? BackupText.State(backup) : run.Error is null ? "processing" : "refused",
                run => run.Backup is { } backup ? BackupText.Style(backup) : Styles.Bad)
            .AddNumber("SIZE", run => Human.Size(run.Backup?.Size))
            .AddNumber("FILES", run => Human.Count(run.Backup?.Files))
            .AddNumber("WARNINGS", run => Human.Count(run.Backup?.Warnings))
            .Add("FILE", run => run.File));
        if (runs.Find(run => run.Backup is { Status: BackupStatusWord.Processing }) is { } going)
            terminal.Hint($"Follow it with: backstay backup show {going.Appliance} {going.BackupId} --wait");
    }
}
