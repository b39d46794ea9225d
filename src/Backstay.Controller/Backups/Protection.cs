using System.Linq.Expressions;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Backups;

/// <summary>
/// Hold and lock: what keeps a backup from being deleted, by whomever. Everything that deletes one that succeeded has
/// <see cref="AllowsDeletion"/> in the statement that marks it, so that a hold placed a moment before wins.
/// </summary>
internal static class Protection
{
    /// <param name="now">A time that has surely come (<see cref="Retention.ClockReading.Surely"/>): locks end by it.</param>
    public static Expression<Func<BackupEntity, bool>> AllowsDeletion(DateTimeOffset now) =>
        b => b.HeldBy == null && (b.LockedUntil == null || b.LockedUntil <= now);

    /// <summary>412, and by whom and until when; null when it may be deleted.</summary>
    public static ApiErrorResult? Refusal(BackupEntity backup, DateTimeOffset now)
    {
        var isLocked = backup.LockedUntil > now;
        if (!isLocked && backup.HeldBy is null)
            return null;

        var locked = isLocked ? $"The backup is locked until {Rfc3339(backup.LockedUntil!.Value)} (by {backup.LockedBy}); nobody can delete it before. " : "";
        var held = backup.HeldBy is null
            ? ""
            : $"The backup is held by {backup.HeldBy} since {Rfc3339(backup.HeldSince ?? backup.Created)}: {backup.HoldReason} "
                + "It can be deleted once it is released.";
        return ApiErrors.PreconditionFailed(isLocked ? ErrorIds.BackupLocked : ErrorIds.BackupHeld, (locked + held).TrimEnd());
    }

    /// <summary>Only what left an archive can be protected.</summary>
    public static ApiErrorResult? NothingToProtect(BackupEntity backup) => backup.State switch
    {
        BackupState.Succeeded => null,
        BackupState.Failed => ApiErrors.Gone("That backup failed: there is no archive to protect. Its status says why."),
        _ => ApiErrors.PreconditionFailed(ErrorIds.BackupProcessing, "That backup is still being made. Poll its status until it is done."),
    };

    public static string Rfc3339(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
