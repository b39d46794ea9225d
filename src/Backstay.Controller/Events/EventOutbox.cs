using Backstay.Controller.Catalog;
using Backstay.Protocol;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Events;

/// <summary>
/// Takes events in. The event and its line of the audit log are added to the context of what it tells of and commit with it: there is
/// no such change without its event, and no event of a change that was rolled back.
/// </summary>
internal sealed class EventOutbox(TimeProvider time) : Hint(time)
{
    /// <summary>In characters; longer messages are cut.</summary>
    public const int MaxMessage = 2000;

    private readonly TimeProvider _time = time;

    /// <summary>
    /// Adds an event. The caller's SaveChanges stores it, and <see cref="Hint.Wake"/> after the commit has it sent on at once; a lost wake
    /// costs a pause.
    /// </summary>
    /// <param name="message">What is wrong and what to do; names the appliance, as people know it by that. Never a secret.</param>
    public void Add(CatalogContext catalog, EventKind kind, Guid? applianceId, Guid? backupId, string message)
    {
        var now = _time.GetUtcNow();
        var kept = message.Length > MaxMessage ? message[..MaxMessage] : message;
        catalog.Events.Add(new EventEntity
        {
            Id = Guid.CreateVersion7(now),
            Time = now,
            Kind = kind,
            ApplianceId = applianceId,
            BackupId = backupId,
            Message = kept,
        });
        catalog.AuditLog.Add(new AuditEntity
        {
            Time = now,
            Actor = "controller",
            Action = DottedNaming.Policy.ConvertName(kind.ToString()),
            Target = (applianceId ?? backupId)?.ToString(),
            Detail = kept,
        });
    }
}
