using Backstay.Controller.Schedules;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Schedules;

/// <summary>
/// The runs that one appliance is owed from some moment on, one after the other as the calendar says, and the books on them: each is
/// begun once, or missed, or the one that waits.
/// </summary>
internal sealed class ExpectedRuns(ScheduleRule rule, Guid appliance, DateTimeOffset from)
{
    private DateTimeOffset? _next = rule.NextDue(appliance, from);
    private DateTimeOffset? _last;
    private DateTimeOffset? _lastBegun;
    private long _owed;
    private long _settled;

    /// <summary>Somebody asked for one.</summary>
    public void Add(DateTimeOffset due)
    {
        (_last, _owed) = (due, _owed + 1);
        _next = rule.NextDue(appliance, due);
    }

    /// <summary>Nothing was decided at this time: nothing new may be due.</summary>
    public void Nothing(DateTimeOffset now) => Assert.False(_next <= now, $"The run of {_next:u} was due at {now:u}, and nothing was decided.");

    public void Decided(RunDecision decision, DateTimeOffset now, bool paused)
    {
        var (record, due) = (decision.Record, decision.Record.Due!.Value);
        while (_last != due)
        {
            Assert.True(_next <= due, $"Something was decided of a run at {due:u}, but the next one is at {_next:u}.");
            (_last, _next, _owed) = (_next, rule.NextDue(appliance, _next!.Value), _owed + 1);
        }

        Assert.True(due <= now, $"A run of {due:u} was decided at {now:u}, before it was due.");
        Assert.False(!paused && _next <= now, $"At {now:u} the run of {due:u} was decided, but {_next:u} is newer.");
        _settled += decision.Missed;
        if (record.State is ScheduledRunState.Started or ScheduledRunState.Served)
        {
            Assert.False(due <= _lastBegun, $"The run of {due:u} began twice.");
            Assert.True(now <= record.WindowUntil, $"The run of {due:u} began at {now:u}, after its window.");
            Assert.True(
                record.WindowUntil == due + rule.Window || (rule.CatchUp && now > due + rule.Window),
                $"The run of {due:u} had a window until {record.WindowUntil:u}.");
            _lastBegun = due;
            _settled++;
        }

        if (record.State is ScheduledRunState.Missed)
            Assert.True(now > due + rule.Window, $"The run of {due:u} was given up at {now:u}, within its window.");
        Assert.True(
            _owed == _settled + (record.Waits ? 1 : 0), $"Of {_owed} runs up to {due:u}, {_settled} are settled, and it is {record.State}.");
    }
}
