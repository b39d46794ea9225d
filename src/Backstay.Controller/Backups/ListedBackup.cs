using System.Linq.Expressions;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Controller.Keys;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups;

/// <summary>A row of the lists of backups, and what they can be ordered, searched and filtered by.</summary>
internal sealed class ListedBackup
{
    public static readonly ListShape<ListedBackup> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<ListedBackup, object?>>>
        {
            ["created"] = listed => listed.Backup.Created,
            ["started"] = listed => listed.Backup.Started,
            ["ended"] = listed => listed.Backup.Ended,
            ["applianceName"] = listed => listed.ApplianceName,
            ["size"] = listed => listed.Backup.Size,
            ["id"] = listed => listed.Backup.Id,
        },
        Holds = pattern => listed => EF.Functions.Like(listed.ApplianceName, pattern, @"\")
            || EF.Functions.Like(listed.Backup.RequestedBy, pattern, @"\")
            || EF.Functions.Like(listed.Backup.Message, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<ListedBackup, bool>>?>>
        {
            ["id"] = value => Guid.TryParse(value, out var id) ? listed => listed.Backup.Id == id : null,
            ["applianceId"] = value => Guid.TryParse(value, out var appliance) ? listed => listed.Backup.ApplianceId == appliance : null,
            ["applianceName"] = value => listed => listed.ApplianceName == value,
            ["status"] = value => Word(value, AdminJson.Default.BackupStatusWord) switch
            {
                BackupStatusWord.Processing => listed => listed.Backup.State < BackupState.Succeeded,
                BackupStatusWord.Done => listed => listed.Backup.State >= BackupState.Succeeded,
                _ => null,
            },
            ["result"] = value => Word(value, AdminJson.Default.BackupResult) switch
            {
                BackupResult.Success => listed => listed.Backup.State == BackupState.Succeeded,
                BackupResult.Failure => listed => listed.Backup.State == BackupState.Failed,
                _ => null,
            },
            ["reason"] = value => Word(value, AdminJson.Default.FailureReason) is { } reason
                ? listed => listed.Backup.Reason == reason
                : null,
            ["verification"] = value => Word(value, AdminJson.Default.VerificationState) is { } verification
                ? listed => listed.Backup.Verification == verification
                : null,
            ["held"] = value => bool.TryParse(value, out var held) ? listed => (listed.Backup.HeldBy != null) == held : null,
        },
    };

    public required BackupEntity Backup { get; init; }

    public required string ApplianceName { get; init; }

    public Backup ToWire()
    {
        var unfinished = Backup.State < BackupState.Succeeded;
        var summary = ReportedSummary.Of(Backup);
        return new Backup(
            Backup.Id,
            Backup.ApplianceId,
            ApplianceName,
            unfinished ? BackupStatusWord.Processing : BackupStatusWord.Done,
            unfinished ? null : Backup.State == BackupState.Succeeded ? BackupResult.Success : BackupResult.Failure,
            Backup.Reason,
            Backup.Message,
            Backup.Output,
            Backup.Logs,
            Backup.Audit,
            Backup.NotifyUrl,
            Backup.RequestedBy,
            Backup.Created,
            Backup.Started,
            Backup.Ended,
            Backup.Attempt,
            unfinished ? new BackupProgress(Backup.Phase, Backup.Files, Backup.FilesTotal, Backup.Bytes, Backup.BytesTotal) : null,
            Backup.Size,
            Backup.Sha256 is null ? null : Convert.ToHexStringLower(Backup.Sha256),
            Backup.ArchiveFiles,
            Backup.Warnings,
            Backup.Verification,
            Backup.Verified,
            Backup.HeldBy is null ? null : new BackupHold(Backup.HeldBy, Backup.HoldReason ?? "", Backup.HeldSince ?? Backup.Created),
            Backup.LockedUntil is { } until ? new BackupLock(until, Backup.LockedBy ?? "") : null,
            Backup.ContentVerified,
            Backup.Drilled,
            OpeningKeys.Parse(Backup.Keys),
            summary?.Sections,
            summary?.FirstWarnings);
    }

    /// <summary>A word of the wire, or null.</summary>
    private static T? Word<T>(string word, JsonTypeInfo<T> type)
        where T : struct, Enum
    {
        try
        {
            return JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(word, AdminJson.Default.String), type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
