using System.Globalization;

namespace Backstay.Archive;

/// <summary>How to restore.</summary>
public sealed record RestoreOptions : ReadOptions
{
    /// <summary>The folder that stands for the root of the appliance; <c>/</c> for this machine. Made if it isn't there; its parent is.</summary>
    public required string Target { get; init; }

    /// <summary>
    /// Name of the folder for what is replaced, in <see cref="RestoreFolders.Work"/>: one component that no restore had before.
    /// </summary>
    public required string AsideName { get; init; }

    /// <summary>What to restore. Everything is proven in any case.</summary>
    public RestoreSelection Selection { get; init; } = RestoreSelection.All;

    /// <summary>
    /// Restore numeric owners, setuid and setgid bits, and attributes outside of <c>user.*</c>. Null (default): if running as
    /// root. Without it files belong to the caller, and these aren't compared either.
    /// </summary>
    public bool? RestoreOwner { get; init; }

    /// <summary>Create device nodes. Default false: they are left out and listed.</summary>
    public bool AllowDevices { get; init; }

    /// <summary>Make a <see cref="RestoreChange.Diff"/> of text files of at most 64 KiB that would be replaced. Default false.</summary>
    public bool WithDiffs { get; init; }

    /// <summary>
    /// Make files ready while planning, in private folders beside their places, so that the archive need not be read again. For a restore that
    /// nobody is asked about any more: the plan takes the room, and goes with its files if it isn't applied. Default false: planning writes nothing.
    /// </summary>
    public bool MakeReady { get; init; }

    internal bool RestoresOwner => RestoreOwner ?? Libc.GetEUid() == 0;
}

/// <summary>Where in the target a restore keeps what is no file of the machine.</summary>
public static class RestoreFolders
{
    /// <summary>Relative to the target. Mode 0700.</summary>
    public const string Work = "var/lib/backstay-restore";

    /// <summary>
    /// In <see cref="Work"/>: what sources made (database dumps, output of commands, journals), below a folder of each backup by the name in the
    /// archive, such as <c>dumps/BACKUP_ID/state/databases/postgresql/app.dump</c>.
    /// </summary>
    public const string Dumps = "dumps";

    /// <summary>
    /// The folder of one archive's dumps, relative to the target. Those of two backups never mix: globals of one and databases of another make a
    /// server that never was. An archive that was made by hand has no id, and is told by its time.
    /// </summary>
    public static string DumpsOf(ArchiveManifest manifest) =>
        $"{Work}/{Dumps}/{manifest.BackupId?.ToString() ?? manifest.Started.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";

    /// <summary>In each folder that something is put into: there it is made whole before it gets its name. Gone when it is done.</summary>
    internal static ReadOnlySpan<byte> Staging => ".backstay-restore"u8;
}
