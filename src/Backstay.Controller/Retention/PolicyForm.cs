using System.Text.Json;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Retention;

/// <summary>A policy between its two forms: as it is sent, and as it is kept.</summary>
internal static class PolicyForm
{
    private const int MaxCount = 10_000;
    private const int MaxDays = 36_500;

    /// <summary>422 with everything that is wrong, or null.</summary>
    public static ApiErrorResult? Check(RetentionPolicy wish, bool isDefault)
    {
        var errors = new FieldErrors();
        errors.Id("id", wish.Id);
        errors.Name("name", wish.Name);
        errors.Text("notes", wish.Notes, 4096);
        if (!isDefault)
            ApplianceSelector.Check(errors, "appliances", wish.Appliances);

        var hasRule = false;
        foreach (var (field, value, most) in Rules(wish))
        {
            errors.Range(field, value, 1, most);
            hasRule |= value is not null;
        }

        if (!hasRule)
            errors.Add("keepWithinDays", "a policy needs a rule that keeps something: keepLast, keepHourly, … or keepWithinDays. maxAgeDays alone keeps nothing");
        errors.Range("maxAgeDays", wish.MaxAgeDays, 1, MaxDays);
        if (wish.MaxAgeDays < wish.KeepWithinDays)
            errors.Add("maxAgeDays", "must not be less than keepWithinDays");
        if (wish.TimeZone is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
            errors.Add("timeZone", "isn't an IANA time zone that this controller knows, such as UTC or Europe/Berlin");
        return errors.Refusal;
    }

    /// <param name="wish">One that passed <see cref="Check"/>.</param>
    public static RetentionPolicyEntity Make(RetentionPolicy wish, Guid id, DateTimeOffset now)
    {
        var policy = new RetentionPolicyEntity
        {
            Id = id,
            Name = wish.Name!,
            Appliances = new ApplianceSelection(All: true),
            TimeZone = TimeZoneInfo.Utc.Id,
            Created = now,
            Updated = now,
        };
        Copy(wish, policy, now);
        return policy;
    }

    /// <param name="wish">One that passed <see cref="Check"/>.</param>
    public static void Copy(RetentionPolicy wish, RetentionPolicyEntity policy, DateTimeOffset now)
    {
        policy.Name = wish.Name!;
        policy.Notes = wish.Notes;
        policy.Appliances = policy.IsDefault ? policy.Appliances : wish.Appliances!.Tidy();
        policy.KeepLast = wish.KeepLast;
        policy.KeepHourly = wish.KeepHourly;
        policy.KeepDaily = wish.KeepDaily;
        policy.KeepWeekly = wish.KeepWeekly;
        policy.KeepMonthly = wish.KeepMonthly;
        policy.KeepYearly = wish.KeepYearly;
        policy.KeepWithinDays = wish.KeepWithinDays;
        policy.MaxAgeDays = wish.MaxAgeDays;
        policy.TimeZone = wish.TimeZone ?? TimeZoneInfo.Utc.Id;
        policy.Updated = now;
        policy.AwaitsConfirmation = false;
    }

    public static RetentionPolicy ToWire(RetentionPolicyEntity policy) => new(
        policy.Id,
        policy.Name,
        policy.Notes,
        policy.Appliances,
        policy.KeepLast,
        policy.KeepHourly,
        policy.KeepDaily,
        policy.KeepWeekly,
        policy.KeepMonthly,
        policy.KeepYearly,
        policy.KeepWithinDays,
        policy.MaxAgeDays,
        policy.TimeZone,
        policy.IsDefault,
        policy.Created,
        policy.Updated,
        policy.AwaitsConfirmation);

    /// <summary>For the audit log: what it keeps, of whom.</summary>
    public static string Describe(RetentionPolicyEntity policy)
    {
        var wire = ToWire(policy);
        var rules = Rules(wire).Append((Field: "maxAgeDays", Value: wire.MaxAgeDays, Most: MaxDays))
            .Where(rule => rule.Value is not null)
            .Select(rule => $"{rule.Field} {rule.Value}");
        var whose = policy.IsDefault ? "appliances that no other selects" : JsonSerializer.Serialize(policy.Appliances, AdminJson.Default.ApplianceSelection);
        return $"{string.Join(", ", rules)} ({policy.TimeZone}) of {whose}";
    }

    private static IEnumerable<(string Field, int? Value, int Most)> Rules(RetentionPolicy policy) =>
    [
        ("keepLast", policy.KeepLast, MaxCount),
        ("keepHourly", policy.KeepHourly, MaxCount),
        ("keepDaily", policy.KeepDaily, MaxCount),
        ("keepWeekly", policy.KeepWeekly, MaxCount),
        ("keepMonthly", policy.KeepMonthly, MaxCount),
        ("keepYearly", policy.KeepYearly, MaxCount),
        ("keepWithinDays", policy.KeepWithinDays, MaxDays),
    ];
}
