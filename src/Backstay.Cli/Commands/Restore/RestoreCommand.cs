using System.CommandLine;
using Backstay.Archive;
using Backstay.Cli.Commands.Archive;
using Backstay.Cli.Downloads;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Restore;

/// <summary>
/// <c>backstay restore</c>. The steps:
/// 1. The archive: a file, or a backup that is downloaded, resumed where an earlier try stopped.
/// 2. The plan: the archive is proven to its end, is the backup that was asked for, and is compared with the machine. Nothing has a place by
///    then; where nothing is left to ask, files wait beside their places.
/// 3. The question, when this machine itself is the target, and the hook before.
/// 4. Each entry is put in place whole, what it replaces is kept aside.
/// 5. The hook after, and what was done.
/// </summary>
internal sealed class RestoreCommand : CliCommand
{
    private readonly RestoreSource _source = new();

    private readonly Option<string> _target = new("--target")
    {
        Description = "The folder that stands for the machine's root",
        HelpName = "DIR",
        DefaultValueFactory = _ => "/",
    };

    private readonly EntrySelectionOptions _selection = new();
    private readonly Option<bool> _dryRun = new("--dry-run", "-n") { Description = "Show what would be done, and stop" };
    private readonly Option<bool> _diff = new("--diff") { Description = "The same, with the lines that would change; secrets are masked" };
    private readonly Option<bool> _noOwner = new("--no-owner") { Description = "Files belong to the caller, also for root" };
    private readonly Option<bool> _devices = new("--devices") { Description = "Make device nodes, too" };

    private readonly Option<string?> _before = new("--before")
    {
        Description = "A shell command to run before anything is put in place; nothing is, if it fails",
        HelpName = "COMMAND",
    };

    private readonly Option<string?> _after = new("--after")
    {
        Description = "A shell command to run when everything is in place",
        HelpName = "COMMAND",
    };

    private readonly Option<bool> _yes = CommonOptions.Yes();
    private readonly UnlockOptions _unlock = new();

    public RestoreCommand(GlobalOptions global)
        : base(
            global,
            "restore",
            "Bring this machine, or a folder, back to what a backup holds",
            "backstay restore gw-01 --diff",
            "backstay restore gw-01 --path /etc/nginx --before 'systemctl stop nginx' --after 'systemctl start nginx'",
            "backstay restore gw-01 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11 --target /srv/restored",
            "backstay restore --file gw-01.gpg --section state --glob '*.db' --dry-run")
    {
        _source.AddTo(this);
        Options.Add(_target);
        _selection.AddTo(this);
        foreach (var option in (Option[])[_dryRun, _diff, _noOwner, _devices, _before, _after, _yes])
            Options.Add(option);
        _unlock.AddTo(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var options = OptionsOf(invocation);
        var onlyPlan = invocation.Value(_dryRun) || invocation.Value(_diff);
        var toRoot = !onlyPlan && options.Target == "/";
        options = options with { MakeReady = !onlyPlan && (!toRoot || invocation.Value(_yes)) };
        if (toRoot && !invocation.Value(_yes) && !Terminal.CanAsk)
        {
            throw CliException.Usage(
                "This restores to / of this machine. Say so with --yes, name another folder with --target, or look first with --dry-run.");
        }

        var unlock = await _unlock.ReadAsync(invocation, cancellationToken);

        // 1.
        var source = await _source.GetAsync(invocation, cancellationToken);
        await using var archive = ArchiveFile.Open(source.File);

        // 2.
        using var plan = await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, board => ArchiveRestorer.PlanAsync(
            archive, unlock, options, ArchiveFile.Progress(board.Add("proving"), archive.Length), cancellationToken));
        source.MustBe(plan.Verification.Manifest);
        if (onlyPlan)
            return await RestoreText.ShowPlanAsync(invocation.Terminal, plan);
        RestoreText.Summarize(invocation.Terminal, plan);
        if (plan.Counts.IsNothing)
            return End(invocation, source, RestoredBackup.Of(source.File, options.Target, plan, done: null));

        // 3.
        if (toRoot && !await invocation.IsConfirmedAsync(invocation.Value(_yes), $"Restore {RestoreText.About(plan)} to / of this machine?", cancellationToken))
            return ExitCode.Failure;
        var hooks = new RestoreHooks(source.File, options.Target, plan.Verification.Manifest.ApplianceName, plan.Dumps);
        await hooks.RunAsync("--before", invocation.Value(_before), "Nothing was restored.", cancellationToken);

        // 4.
        archive.Position = 0;
        var done = await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, board => ArchiveRestorer.ApplyAsync(
            archive, plan, ArchiveFile.Progress(board.Add("restoring"), archive.Length), cancellationToken));

        // 5.
        var restored = RestoredBackup.Of(source.File, options.Target, plan, done);
        var state = $"What was restored is in place{(restored.Aside is null ? "" : $", what it replaced in {restored.Aside}")}.";
        await hooks.RunAsync("--after", invocation.Value(_after), state, cancellationToken);
        return End(invocation, source, restored);
    }

    private static ExitCode End(Invocation invocation, LocalArchive source, RestoredBackup restored)
    {
        restored.Warn(invocation.Terminal);
        invocation.Terminal.Result(restored, CliJson.Default.RestoredBackup, shown => shown.Show(invocation.Terminal));
        source.Remove();
        return restored.ProblemCount > 0 ? ExitCode.Warnings : ExitCode.Ok;
    }

    private RestoreOptions OptionsOf(Invocation invocation) => new()
    {
        Target = Path.GetFullPath(invocation.Value(_target)!),
        AsideName = $"replaced-{invocation.Clock.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}",
        Selection = _selection.Read(invocation),
        RestoreOwner = invocation.Value(_noOwner) ? false : null,
        AllowDevices = invocation.Value(_devices),
        WithDiffs = invocation.Value(_diff),
    };
}
