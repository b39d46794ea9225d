using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Schedule;

/// <summary>Schedules by name or by id.</summary>
internal static class ScheduleLookup
{
    public static async Task<BackupSchedule> FindScheduleAsync(this AdminClient client, string nameOrId, CancellationToken cancellationToken)
    {
        var isId = Guid.TryParse(nameOrId, out var id);
        var schedules = (await client.ListSchedulesAsync(null, cancellationToken)).Data;
        return schedules.FirstOrDefault(
                schedule => isId ? schedule.Id == id : string.Equals(schedule.Name, nameOrId, StringComparison.OrdinalIgnoreCase))
            ?? throw CliException.NotFound($"There is no schedule '{nameOrId}'. See them all with: backstay schedule list");
    }
}
