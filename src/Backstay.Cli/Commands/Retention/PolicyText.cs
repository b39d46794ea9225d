using System.Globalization;
using System.Text.Json;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary>Policies and verdicts in words, and policies by what people call them.</summary>
internal static class PolicyText
{
    public static async Task<RetentionPolicy?> TryFindPolicyAsync(this AdminClient client, string nameOrId, CancellationToken cancellationToken)
    {
        var policies = (await client.ListRetentionPoliciesAsync(null, cancellationToken)).Data;
        return policies.FirstOrDefault(policy => Guid.TryParse(nameOrId, out var id)
            ? policy.Id == id
            : string.Equals(policy.Name, nameOrId, StringComparison.OrdinalIgnoreCase));
    }

    public static async Task<RetentionPolicy> FindPolicyAsync(this AdminClient client, string nameOrId, CancellationToken cancellationToken) =>
        await client.TryFindPolicyAsync(nameOrId, cancellationToken)
            ?? throw CliException.NotFound($"There is no retention policy '{nameOrId}'. See them all with: backstay retention list");

    /// <summary><c>last 7, daily 14, max-age 400 d</c>.</summary>
    public static string Keeps(RetentionPolicy policy) => string.Join(", ", new (string Word, int? Value, string Unit)[]
    {
        ("last", policy.KeepLast, ""),
        ("hourly", policy.KeepHourly, ""),
        ("daily", policy.KeepDaily, ""),
        ("weekly", policy.KeepWeekly, ""),
        ("monthly", policy.KeepMonthly, ""),
        ("yearly", policy.KeepYearly, ""),
        ("within", policy.KeepWithinDays, " d"),
        ("max-age", policy.MaxAgeDays, " d"),
    }.Where(rule => rule.Value is not null).Select(rule => string.Create(CultureInfo.InvariantCulture, $"{rule.Word} {rule.Value}{rule.Unit}")));

    public static string Selects(RetentionPolicy policy)
    {
        if (policy.IsDefault)
            return "those that no other policy selects";
        if (policy.Appliances is null or { All: true })
            return "all";
        var ids = (policy.Appliances.Ids ?? []).Select(id => id.ToString());
        var tags = (policy.Appliances.Tags ?? []).Select(tag => $"tag {tag}");
        return string.Join(", ", ids.Concat(tags).Concat(policy.Appliances.Functions ?? []));
    }

    /// <summary><c>daily 3 of Production</c>.</summary>
    public static string Why(RetentionVerdict verdict) => string.Join(", ", verdict.Reasons.Select(reason =>
        Word(reason.Rule)
        + (reason.Place is { } place ? $" {place.ToString(CultureInfo.InvariantCulture)}" : "")
        + (reason.Policy is { } policy ? $" of {policy}" : "")));

    public static void Show(Terminal terminal, RetentionPolicy policy, TimeProvider clock) => terminal.Fields(
        ("Name", policy.Name),
        ("Id", policy.Id?.ToString()),
        ("Notes", policy.Notes),
        ("Appliances", Selects(policy)),
        ("Keeps", Keeps(policy)),
        ("Time zone", policy.TimeZone),
        ("Updated", Human.Time(policy.Updated, clock)),
        ("Confirmed", policy.AwaitsConfirmation ? "no: it lets nothing go" : null));

    /// <summary>Says aloud why what is shown would not happen: the controller doesn't believe its clock, or a policy isn't confirmed.</summary>
    public static async Task WarnOfRetentionAsync(this Invocation invocation, AdminClient client, CancellationToken cancellationToken)
    {
        foreach (var policy in (await client.ListRetentionPoliciesAsync(null, cancellationToken)).Data.Where(policy => policy.AwaitsConfirmation))
        {
            invocation.Terminal.Warn(
                $"{policy.Name} was made by the controller, over backups that were there already: it lets nothing go until it is confirmed. Look with "
                + $"backstay retention preview {policy.Name} --going, then: backstay retention confirm {policy.Name}");
        }

        var clock = await client.GetRetentionClockAsync(cancellationToken);
        if (!clock.Trusted)
            invocation.Terminal.Warn("the controller's clock has jumped: nothing is pruned until it is confirmed. See: backstay retention clock");
    }

    private static string Word(RetentionRule rule) => JsonNamingPolicy.KebabCaseLower.ConvertName(rule.ToString());
}
