using Backstay.Controller.Catalog;
using Backstay.Controller.Objectives;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Objectives;

/// <summary>How one appliance stands, by the rule alone.</summary>
public sealed class StandingTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(24, null, 23, null, ProtectionState.Protected)]
    [InlineData(24, null, 24, null, ProtectionState.Overdue)]
    [InlineData(24, null, null, null, ProtectionState.Overdue)]
    [InlineData(24, 72, 1, 71, ProtectionState.Protected)]
    [InlineData(24, 72, 1, 72, ProtectionState.Overdue)]
    [InlineData(24, 72, 25, 1, ProtectionState.Overdue)]
    [InlineData(null, 72, null, 1, ProtectionState.Protected)]
    [InlineData(null, null, null, null, ProtectionState.NoObjective)]
    public void An_appliance_is_overdue_from_the_hour_on_that_its_objective_names(
        int? good, int? proven, int? goodAge, int? provenAge, ProtectionState expected) =>
        Assert.Equal(expected, Of(good, proven, goodAge, provenAge).State);

    [Fact]
    public void Time_runs_at_the_earliest_from_its_activation()
    {
        Assert.Equal(ProtectionState.Protected, Of(24, null, goodAge: 9999, null, enrolledAge: 23).State);
        Assert.Equal(ProtectionState.Overdue, Of(24, null, goodAge: 9999, null, enrolledAge: 24).State);
    }

    [Fact]
    public void Of_one_enrolled_by_an_older_release_it_runs_from_when_it_was_made() =>
        Assert.Equal(Now.AddHours(-1000 + 24), Of(24, null, null, null, enrolledAge: null).OverdueAt);

    [Fact]
    public void The_earlier_of_two_ends_counts_and_both_are_told_of()
    {
        var standing = Of(24, 72, 30, 100);

        Assert.Equal(Now.AddHours(-28), standing.OverdueAt);
        Assert.Equal("The newest good backup is 30 h old; it may be 24 h. The newest proven backup is 100 h old; it may be 72 h.", standing.Reason);
    }

    [Fact]
    public void One_that_is_not_activated_is_never_overdue() =>
        Assert.Equal((ProtectionState.Inactive, null), (Of(1, 1, 999, 999, activated: false).State, Of(1, 1, 999, 999, activated: false).OverdueAt));

    [Fact]
    public void Of_several_objectives_the_strictest_counts_and_the_default_one_only_where_no_other_selects()
    {
        var set = new ObjectiveSet(
        [
            Objective("Default", BackupObjectiveEntity.DefaultId, new(All: true), 1, 1),
            Objective("weekly", Guid.NewGuid(), new(Tags: ["a"]), 168, null),
            Objective("daily", Guid.NewGuid(), new(Tags: ["b"]), 26, 720),
        ]);

        Assert.Equivalent(new ObjectiveInForce(["daily", "weekly"], 26, 720), set.For(Appliance(1, true, ["a", "b"])));
        Assert.Equivalent(new ObjectiveInForce(["weekly"], 168, null), set.For(Appliance(1, true, ["a"])));
        Assert.Equivalent(new ObjectiveInForce(["Default"], 1, 1), set.For(Appliance(1, true, ["c"])));
    }

    private static Standing Of(int? good, int? proven, int? goodAge, int? provenAge, int? enrolledAge = 900, bool activated = true) => Standing.Of(
        Appliance(enrolledAge, activated, []), new ObjectiveInForce(["o"], good, proven), Ago(goodAge), Ago(provenAge), Now);

    private static DateTimeOffset? Ago(int? hours) => hours is { } known ? Now.AddHours(-known) : null;

    private static ApplianceEntity Appliance(int? enrolledAge, bool activated, List<string> tags) => new()
    {
        Id = Guid.NewGuid(),
        Name = "gw",
        Tags = tags,
        Created = Now.AddHours(-1000),
        Updated = Now,
        Enrolled = Ago(enrolledAge),
        CredentialHash = activated ? [1] : null,
    };

    private static BackupObjectiveEntity Objective(string name, Guid id, ApplianceSelection appliances, int? good, int? proven) => new()
    {
        Id = id,
        Name = name,
        Appliances = appliances,
        GoodWithinHours = good,
        ProvenWithinHours = proven,
        Created = Now,
        Updated = Now,
    };
}
