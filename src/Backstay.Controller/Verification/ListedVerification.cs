using System.Linq.Expressions;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Verification;

/// <summary>A row of the list of verifications, and what it can be ordered, searched and filtered by.</summary>
internal sealed class ListedVerification
{
    public static readonly ListShape<ListedVerification> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<ListedVerification, object?>>>
        {
            ["requested"] = listed => listed.Verification.Requested,
            ["started"] = listed => listed.Verification.Started,
            ["ended"] = listed => listed.Verification.Ended,
            ["applianceName"] = listed => listed.ApplianceName,
            ["id"] = listed => listed.Verification.Id,
        },
        Holds = pattern => listed => EF.Functions.Like(listed.ApplianceName, pattern, @"\")
            || EF.Functions.Like(listed.Verification.RequestedBy, pattern, @"\")
            || EF.Functions.Like(listed.Verification.Message, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<ListedVerification, bool>>?>>
        {
            ["id"] = value => Guid.TryParse(value, out var id) ? listed => listed.Verification.Id == id : null,
            ["backupId"] = value => Guid.TryParse(value, out var backup) ? listed => listed.Verification.BackupId == backup : null,
            ["applianceId"] = value => Guid.TryParse(value, out var appliance) ? listed => listed.Verification.ApplianceId == appliance : null,
            ["applianceName"] = value => listed => listed.ApplianceName == value,
            ["strength"] = value => Words.TryParse<VerificationStrength>(value) is { } strength
                ? listed => listed.Verification.Strength == strength
                : null,
            ["state"] = value => Words.TryParse<VerificationRunState>(value) is { } state ? listed => listed.Verification.State == state : null,
        },
    };

    public required VerificationEntity Verification { get; init; }

    public required string ApplianceName { get; init; }

    /// <summary>Of the sealed archive.</summary>
    public required long? Size { get; init; }

    public VerificationRecord ToWire(DateTimeOffset now)
    {
        var seconds = Verification.State == VerificationRunState.Waiting || Verification.Started is null
            ? (double?)null
            : ((Verification.Ended ?? now) - Verification.Started.Value).TotalSeconds;
        return new VerificationRecord(
            Verification.Id,
            Verification.BackupId,
            Verification.ApplianceId,
            ApplianceName,
            Verification.Strength,
            Verification.State,
            Verification.RequestedBy,
            Verification.Requested,
            Verification.Started,
            Verification.Ended,
            seconds,
            Size,
            Verification.Bytes,
            seconds > 0 ? (long)(Verification.Bytes / seconds) : null,
            Verification.Files,
            Verification.By,
            Verification.Message);
    }

    /// <summary>Words of the wire.</summary>
    private static class Words
    {
        public static T? TryParse<T>(string word)
            where T : struct, Enum =>
            Enum.TryParse<T>(word, ignoreCase: true, out var value) && !char.IsAsciiDigit(word[0]) ? value : null;
    }
}
