using System.Linq.Expressions;
using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Backups;

/// <summary>The <c>filterBy</c> conditions of the backup lists: a field, a colon, and a word of the wire (<c>reason:agent-lost</c>).</summary>
internal static class BackupFilter
{
    public const string Forms = "status:WORD, result:WORD, reason:WORD, verification:WORD, appliance:ID";

    /// <summary>The condition, or null when it isn't one.</summary>
    public static Expression<Func<Listed, bool>>? Parse(string condition)
    {
        var colon = condition.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return null;

        var word = condition[(colon + 1)..];
        switch (condition[..colon])
        {
            case "status" when Word(word, AdminJson.Default.BackupStatusWord) is { } status:
                return status == BackupStatusWord.Done
                    ? l => l.Backup.State >= BackupState.Succeeded
                    : l => l.Backup.State < BackupState.Succeeded;
            case "result" when Word(word, AdminJson.Default.BackupResult) is { } result:
                var state = result == BackupResult.Success ? BackupState.Succeeded : BackupState.Failed;
                return l => l.Backup.State == state;
            case "reason" when Word(word, AdminJson.Default.FailureReason) is { } reason:
                return l => l.Backup.Reason == reason;
            case "verification" when Word(word, AdminJson.Default.VerificationState) is { } verification:
                return l => l.Backup.Verification == verification;
            case "appliance" when Guid.TryParse(word, out var appliance):
                return l => l.Backup.ApplianceId == appliance;
            default:
                return null;
        }
    }

    private static T? Word<T>(string word, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
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
