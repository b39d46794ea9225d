using System.CommandLine;
using System.CommandLine.Help;
using Backstay.Cli.Commands.Completion;
using Backstay.Cli.Help;

namespace Backstay.Cli.Commands;

/// <summary>The whole command line, as a tree.</summary>
internal static class BackstayCommand
{
    public static RootCommand Create(TimeProvider clock)
    {
        var global = new GlobalOptions(clock);
        var root = new RootCommand("Backs up fleets of appliances: every archive sealed, verified, and open to stock tools.")
        {
            global.Output,
            global.Quiet,
            global.Online(new LoginCommand(global)),
            global.Online(new LogoutCommand(global)),
            global.Online(new CommandGroup(
                "appliance",
                "The machines that are backed up",
                new Appliance.ListCommand(global),
                new Appliance.AddCommand(global),
                new Appliance.ShowCommand(global),
                new Appliance.SeedCommand(global),
                new Appliance.ReplaceCommand(global),
                new Appliance.RemoveCommand(global))),
            global.Online(new CommandGroup(
                "backup",
                "Run backups, follow them, get their archives",
                new Backup.RunCommand(global),
                new Backup.ListCommand(global),
                new Backup.ShowCommand(global),
                new Backup.DownloadCommand(global),
                new Backup.VerifyCommand(global),
                new Backup.DiffCommand(global),
                new Backup.DeleteCommand(global),
                new Backup.CancelCommand(global),
                new Backup.HoldCommand(global),
                new Backup.ReleaseCommand(global),
                new Backup.LockCommand(global),
                new Backup.DrillCommand(global))),
            global.Online(new Restore.RestoreCommand(global)),
            global.Online(new CommandGroup(
                "schedule",
                "Backups that nobody has to ask for",
                new Schedule.ListCommand(global),
                new Schedule.ShowCommand(global),
                new Schedule.AppliancesCommand(global),
                new Schedule.NextCommand(global),
                new Schedule.AddCommand(global),
                new Schedule.SetCommand(global),
                Schedule.PauseCommand.Pause(global),
                Schedule.PauseCommand.Resume(global),
                new Schedule.RunCommand(global),
                new Schedule.RemoveCommand(global))),
            global.Online(new CommandGroup(
                "retention",
                "How long backups are kept",
                new Retention.ListCommand(global),
                new Retention.ShowCommand(global),
                new Retention.AddCommand(global),
                new Retention.SetCommand(global),
                new Retention.RemoveCommand(global),
                new Retention.PreviewCommand(global),
                new Retention.ClockCommand(global),
                new Retention.ConfirmCommand(global),
                new Retention.ConfirmClockCommand(global))),
            global.Online(new StatusCommand(global)),
            global.Online(new CommandGroup(
                "objective",
                "How old the newest backup may be, of which appliances",
                new Objective.ListCommand(global),
                new Objective.SetCommand(global),
                new Objective.RemoveCommand(global))),
            global.Online(new CommandGroup("event", "What happened that people want to be told of", new Event.ListCommand(global))),
            global.Online(new CommandGroup(
                "event-endpoint",
                "Where events are sent",
                new EventEndpoint.ListCommand(global),
                new EventEndpoint.SetCommand(global),
                new EventEndpoint.RemoveCommand(global),
                new EventEndpoint.TestCommand(global))),
            global.Online(new CommandGroup(
                "verification",
                "What was proven of stored backups",
                new Verification.ListCommand(global))),
            global.Online(new CommandGroup(
                "drill",
                "Backups restored for practice, and the machines that do it",
                new Drill.ListCommand(global),
                new Drill.ShowCommand(global),
                new Drill.CancelCommand(global),
                new Drill.MachinesCommand(global),
                new Drill.EnableCommand(global),
                new Drill.DisableCommand(global))),
            global.Online(new CommandGroup(
                "keys",
                "What opens archives",
                new Keys.ListCommand(global),
                new Keys.AddCommand(global),
                new Keys.ConfirmCommand(global),
                new Keys.RemoveCommand(global),
                new Keys.RotatePassphraseCommand(global),
                new Keys.RevealCommand(global),
                new Keys.WhichCommand(global),
                new Keys.SheetCommand(global))),
            global.Online(new CommandGroup(
                "settings",
                "The controller's settings",
                new Settings.ShowCommand(global),
                new Settings.SetCommand(global))),
            global.Online(new CommandGroup(
                "notification",
                "What was told to whom when a backup had ended",
                new Notification.ListCommand(global),
                new Notification.ReplayCommand(global),
                new Notification.SecretCommand(global))),
            global.Online(new CommandGroup("audit", "Who did what", new Audit.ListCommand(global))),
            global.Online(new CommandGroup(
                "user",
                "Who can sign in",
                new User.ListCommand(global),
                new User.AddCommand(global),
                new User.PasswordCommand(global),
                new User.RemoveCommand(global))),
            global.Online(new CommandGroup(
                "role",
                "What users may do",
                new Role.ListCommand(global),
                new Role.ShowCommand(global))),
            new CommandGroup(
                "archive",
                "Make, look into, prove and open archives on this machine, without a controller",
                new Archive.CreateCommand(global),
                new Archive.ListCommand(global),
                new Archive.VerifyCommand(global),
                new Archive.DiffCommand(global),
                new Archive.ExtractCommand(global)),
            new CompletionCommand(global),
        };
        UseHelpWithExamples(root);
        return root;
    }

    /// <summary>One spelling of help, the same on every machine, and more in it than a list of options.</summary>
    private static void UseHelpWithExamples(RootCommand root)
    {
        var standard = root.Options.OfType<HelpOption>().Single();
        root.Options.Remove(standard);
        root.Options.Add(new HelpOption("--help", "-h") { Action = new HelpWithExamples(new HelpAction()) });
    }
}
