using Backstay.Controller.Retention;
using Backstay.Protocol.Admin;
using CsCheck;

namespace Backstay.Controller.Tests.Retention;

/// <summary>The rules by example, and what is true of them whatever the backups and policies are.</summary>
public sealed class RetentionPlanTests
{
    private static readonly DateTimeOffset Now = new(2027, 6, 15, 12, 0, 0, TimeSpan.Zero);

    private static readonly string[] Zones =
    [
        "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu", "America/Sao_Paulo",
    ];

    private static readonly RetentionRules None = new(0, 0, 0, 0, 0, 0, null, null, TimeZoneInfo.Utc);

    private static readonly Gen<RetentionRules> SomeRules =
        from counts in Gen.Frequency((2, Gen.Const(0)), (3, Gen.Int[1, 6])).Array[6]
        from within in Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[1, 60]))
        from maxAge in Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[1, 500]))
        from zone in OneOf(Zones)
        select new RetentionRules(
            counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], Days(within), Days(maxAge), TimeZoneInfo.FindSystemTimeZoneById(zone));

    private static readonly Gen<PolicyInForce[]> SomePolicies = SomeRules.Select(rules => new PolicyInForce("policy", rules)).Array[0, 4];

    /// <summary>Crowded around hours, days, changes of DST and turns of years, some at the same instant, some yet to come.</summary>
    private static readonly Gen<Candidate[]> SomeBackups =
        (from around in OneOf(
             Now, Now.AddDays(-1), Now.AddDays(-7), new(2027, 3, 28, 1, 0, 0, TimeSpan.Zero), new(2026, 10, 25, 1, 0, 0, TimeSpan.Zero),
             new(2026, 11, 1, 6, 0, 0, TimeSpan.Zero), new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2025, 12, 31, 23, 0, 0, TimeSpan.Zero),
             new(2027, 4, 3, 15, 0, 0, TimeSpan.Zero), new(2026, 10, 3, 15, 30, 0, TimeSpan.Zero))
         from minutes in Gen.Frequency((3, Gen.Int[-12, 12].Select(i => i * 30)), (1, Gen.Int[-20_000, 5_000]))
         from state in OneOf<VerificationState?>(null, VerificationState.Pending, VerificationState.Verified, VerificationState.Verified, VerificationState.Damaged)
         from held in Gen.Frequency((9, Gen.Const(false)), (1, Gen.Const(true)))
         from locked in Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[-5, 5]))
         from proven in Gen.Frequency((6, Gen.Const(0)), (2, Gen.Int[1, 3]))
         from id in Gen.Guid
         select Backup(around.AddMinutes(minutes), state, held, locked == 0 ? null : Now.AddDays(locked)) with
         {
             Id = id,
             ContentVerified = (proven & 1) != 0,
             Drilled = (proven & 2) != 0,
         })
        .Array[0, 60];

    [Fact]
    public void It_is_what_a_person_finds_who_checks_every_backup_against_all_others() =>
        Gen.Select(SomeBackups, SomePolicies).Sample(
            (backups, policies) => Kept(backups, policies).SetEquals(NaiveRetention.Kept(backups, policies, Now)), iter: 3_000);

    [Fact]
    public void The_newest_good_one_and_the_newest_proven_one_never_go() => Gen.Select(SomeBackups, SomePolicies).Sample((backups, policies) =>
    {
        var kept = Kept(backups, policies);
        var good = backups.Where(b => b.Verification != VerificationState.Damaged && b.Created <= Now).OrderBy(b => (b.Created, b.Id)).ToList();
        Assert.True(good.Count == 0 || kept.Contains(good[^1].Id));
        foreach (var isProven in (Predicate<Candidate>[])[b => b.Verified, b => b.ContentVerified, b => b.Drilled])
            Assert.True(good.FindLast(isProven) is not { } proven || kept.Contains(proven.Id));
        Assert.True(backups.Length == 0 || kept.Count > 0);
    });

    [Fact]
    public void What_is_held_or_locked_or_yet_to_come_never_goes() => Gen.Select(SomeBackups, SomePolicies).Sample((backups, policies) =>
        backups.Where(b => b.Held || b.LockedUntil > Now || b.Created > Now).All(b => Kept(backups, policies).Contains(b.Id)));

    [Fact]
    public void What_stays_would_stay_again() => Gen.Select(SomeBackups, SomePolicies).Sample((backups, policies) =>
    {
        var kept = Kept(backups, policies);
        return Kept([.. backups.Where(b => kept.Contains(b.Id))], policies).SetEquals(kept);
    });

    [Fact]
    public void Another_policy_where_there_is_one_lets_nothing_more_go() => Gen.Select(SomeBackups, SomePolicies, SomeRules).Sample((backups, policies, rules) =>
        policies.Length == 0 || Kept(backups, [.. policies, new PolicyInForce("another", rules)]).IsSupersetOf(Kept(backups, policies)));

    [Fact]
    public void A_higher_count_a_new_rule_and_a_later_limit_let_nothing_more_go() =>
        Gen.Select(SomeBackups, SomeRules, Gen.Int[0, 3].Array[8]).Sample((backups, rules, more) =>
        {
            var wider = rules with
            {
                Last = rules.Last + more[0],
                Hourly = rules.Hourly + more[1],
                Daily = rules.Daily + more[2],
                Weekly = rules.Weekly + more[3],
                Monthly = rules.Monthly + more[4],
                Yearly = rules.Yearly + more[5],
                Within = more[6] == 0 ? rules.Within : (rules.Within ?? TimeSpan.Zero) + TimeSpan.FromDays(more[6]),
                MaxAge = more[7] == 0 ? rules.MaxAge : rules.MaxAge + TimeSpan.FromDays(more[7]),
            };
            return Kept(backups, [new PolicyInForce("p", wider)]).IsSupersetOf(Kept(backups, [new PolicyInForce("p", rules)]));
        });

    [Fact]
    public void The_order_in_which_backups_are_given_does_not_matter() => Gen.Select(SomeBackups, SomePolicies).Sample((backups, policies) =>
        Kept([.. backups.Reverse()], policies).SetEquals(Kept(backups, policies)));

    [Fact]
    public void Every_verdict_has_its_reasons_and_what_goes_names_every_policy_that_could_have_kept_it() =>
        Gen.Select(SomeBackups, SomePolicies).Sample((backups, policies) =>
        {
            var verdicts = RetentionPlan.Of(backups, policies, Now);
            Assert.Equal(backups.Select(b => b.Id).Order(), verdicts.Select(v => v.Backup.Id).Order());
            Assert.All(verdicts, verdict =>
            {
                Assert.NotEmpty(verdict.Reasons);
                Assert.All(verdict.Reasons, reason => Assert.Equal(!verdict.Keep, reason.Rule is RetentionRule.NotKept or RetentionRule.MaxAge));
                Assert.True(verdict.Keep || verdict.Reasons.Count == policies.Length);
            });
        });

    [Fact]
    public void Each_rule_counts_the_newest_of_its_periods()
    {
        var backups = Enumerable.Range(0, 400).Select(day => Backup(Now.AddDays(-day))).ToArray();
        var verdicts = RetentionPlan.Of(
            backups, [new PolicyInForce("p", None with { Last = 2, Daily = 3, Weekly = 4, Monthly = 5, Yearly = 2 })], Now);

        Assert.Equal(
            [
                "2027-06-15 newest-good last-1 daily-1 weekly-1 monthly-1 yearly-1",
                "2027-06-14 last-2 daily-2",
                "2027-06-13 daily-3 weekly-2",
                "2027-06-06 weekly-3",
                "2027-05-31 monthly-2",
                "2027-05-30 weekly-4",
                "2027-04-30 monthly-3",
                "2027-03-31 monthly-4",
                "2027-02-28 monthly-5",
                "2026-12-31 yearly-2",
            ],
            verdicts.Where(v => v.Keep).Select(v => $"{v.Backup.Created:yyyy-MM-dd} {string.Join(' ', v.Reasons.Select(Text))}"));
    }

    [Fact]
    public void The_hour_that_a_clock_shows_twice_is_two_hours_and_the_one_it_skips_is_none()
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var policy = new PolicyInForce("p", None with { Hourly = 100, Zone = berlin });

        // 2026-10-25: 02:30 summer time, 02:30 standard time; 2027-03-28: 01:30, then 03:30, an hour later.
        Candidate[] backups =
        [
            Backup(new(2026, 10, 25, 0, 30, 0, TimeSpan.Zero)), Backup(new(2026, 10, 25, 1, 30, 0, TimeSpan.Zero)),
            Backup(new(2027, 3, 28, 0, 30, 0, TimeSpan.Zero)), Backup(new(2027, 3, 28, 1, 30, 0, TimeSpan.Zero)),
        ];

        Assert.Equal(4, Kept(backups, [policy]).Count);
    }

    [Fact]
    public void A_day_begins_in_the_time_zone_of_the_policy()
    {
        // 23:30 and 00:30 in Berlin: two days there, one in UTC.
        Candidate[] backups = [Backup(new(2027, 6, 10, 21, 30, 0, TimeSpan.Zero)), Backup(new(2027, 6, 10, 22, 30, 0, TimeSpan.Zero))];
        var utc = new PolicyInForce("p", None with { Daily = 5 });
        var berlin = new PolicyInForce("p", None with { Daily = 5, Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") });

        Assert.Equal((1, 2), (Kept(backups, [utc]).Count, Kept(backups, [berlin]).Count));
    }

    [Fact]
    public void A_damaged_one_takes_no_place_and_goes_once_there_is_something_better()
    {
        var (old, damaged, newest) = (Backup(Now.AddDays(-3)), Backup(Now.AddDays(-2), VerificationState.Damaged), Backup(Now.AddDays(-1)));
        var policy = new PolicyInForce("p", None with { Last = 2 });

        Assert.Equal(new HashSet<Guid> { old.Id, newest.Id }, Kept([old, damaged, newest], [policy]));
        Assert.Equal(new HashSet<Guid> { old.Id, damaged.Id }, Kept([old, damaged], [policy]));
    }

    [Fact]
    public void The_newest_that_was_opened_and_the_newest_that_was_restored_stay_when_they_are_good()
    {
        var drilled = Backup(Now.AddDays(-400), VerificationState.Verified) with { ContentVerified = true, Drilled = true };
        var opened = Backup(Now.AddDays(-300), VerificationState.Verified) with { ContentVerified = true };
        var damaged = Backup(Now.AddDays(-200), VerificationState.Damaged) with { ContentVerified = true, Drilled = true };
        var (older, newest) = (Backup(Now.AddDays(-100), VerificationState.Verified), Backup(Now.AddDays(-1), VerificationState.Verified));

        var verdicts = RetentionPlan.Of([drilled, opened, damaged, older, newest], [new PolicyInForce("p", None with { Last = 1 })], Now);

        Assert.Equal(
            ["newest-good newest-verified last-1", "newest-proven", "newest-proven"],
            verdicts.Where(v => v.Keep).Select(v => string.Join(' ', v.Reasons.Select(Text))));
        Assert.Equal([newest.Id, opened.Id, drilled.Id], verdicts.Where(v => v.Keep).Select(v => v.Backup.Id));
    }

    [Fact]
    public void A_policy_that_can_not_be_read_keeps_everything()
    {
        var backups = Enumerable.Range(1, 9).Select(day => Backup(Now.AddDays(-day))).ToArray();

        Assert.Equal(9, Kept(backups, [new PolicyInForce("p", None with { Last = 1 }), new PolicyInForce("q", null)]).Count);
    }

    private static HashSet<Guid> Kept(Candidate[] backups, PolicyInForce[] policies) =>
        [.. RetentionPlan.Of(backups, policies, Now).Where(verdict => verdict.Keep).Select(verdict => verdict.Backup.Id)];

    private static Candidate Backup(
        DateTimeOffset created, VerificationState? state = VerificationState.Pending, bool held = false, DateTimeOffset? locked = null) =>
        new(Guid.NewGuid(), 1, Guid.Empty, created, 1, state, held, locked);

    private static string Text(RetentionReason reason) =>
        System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(reason.Rule.ToString()) + (reason.Place is { } place ? $"-{place}" : "");

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static TimeSpan? Days(int days) => days == 0 ? null : TimeSpan.FromDays(days);
}
