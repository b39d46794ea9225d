using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Protocol.Admin;
using Cronos;

namespace Backstay.Controller.Schedules;

/// <summary>What a schedule has to be to be kept.</summary>
internal static class ScheduleChecks
{
    public const int MaxSpreadMinutes = 24 * 60;
    public const int MaxWindowMinutes = 7 * 24 * 60;
    private const int MaxCron = 128;
    private const int MaxTimeZone = 64;

    /// <summary>422 with everything that is wrong, or null.</summary>
    /// <param name="now">The expression has to have a time after this.</param>
    public static ApiErrorResult? Check(BackupSchedule wish, DateTimeOffset now)
    {
        var errors = new FieldErrors();
        errors.Id("id", wish.Id);
        errors.Name("name", wish.Name);
        errors.Text("notes", wish.Notes, 4096);
        ApplianceSelector.Check(errors, "appliances", wish.Appliances);
        errors.Range("spreadMinutes", wish.SpreadMinutes, 0, MaxSpreadMinutes);
        errors.Range("windowMinutes", wish.WindowMinutes, 1, MaxWindowMinutes);
        var cron = Cron(errors, wish.Cron);
        var zone = Zone(errors, wish.TimeZone);
        if (cron is not null && zone is not null && cron.GetNextOccurrence(now, zone) is null)
            errors.Add("cron", "has no time that ever comes");
        return errors.Refusal;
    }

    private static CronExpression? Cron(FieldErrors errors, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            errors.Add("cron", "is required: minute, hour, day of month, month, day of week, as in 0 2 * * *");
            return null;
        }

        if (text.Length > MaxCron)
        {
            errors.Add("cron", $"has {text.Length} characters; at most {MaxCron} are taken");
            return null;
        }

        if (text.Trim().Equals("@every_second", StringComparison.OrdinalIgnoreCase))
        {
            errors.Add("cron", "begins more than once a minute, which no backup does");
            return null;
        }

        try
        {
            return CronExpression.Parse(text);
        }
        catch (MissingSeedException)
        {
            // Jitter of the expression would be another one for everybody at once; the spread is one for each appliance.
            errors.Add("cron", "takes no H; give the schedule spreadMinutes instead");
        }
        catch (CronFormatException exception)
        {
            errors.Add("cron", $"isn't minute, hour, day of month, month, day of week: {exception.Message.TrimEnd('.')}");
        }

        return null;
    }

    private static TimeZoneInfo? Zone(FieldErrors errors, string? name)
    {
        if ((name ?? ScheduleDefaults.TimeZone) is { Length: > 0 and <= MaxTimeZone } id
            && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) && zone.HasIanaId)
        {
            return zone;
        }

        errors.Add("timeZone", "must be an IANA name, like Europe/Berlin or UTC, that the controller's machine knows");
        return null;
    }
}

/// <summary>What a schedule is where it doesn't say.</summary>
internal static class ScheduleDefaults
{
    public const string TimeZone = "UTC";
}
