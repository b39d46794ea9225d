using Backstay.Controller.Api;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Agents;

/// <summary>
/// Counts what each appliance asks of this controller, in memory: the requests that are open, and the pace of requests and bytes. As
/// much memory as there were appliances in the last seconds.
/// </summary>
/// <remarks>
/// Pace is kept as the time by which all that was taken has had its share (GCRA, ITU-T I.371). What is taken may be larger than what a
/// burst allows: it is paid for afterwards. So a part of any size passes at any rate.
/// </remarks>
internal sealed class AgentLimits(IOptions<AgentOptions> options, TimeProvider time)
{
    private const int KeptWithoutLooking = 1000;

    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan UntilOneHasEnded = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private readonly Dictionary<Guid, Use> _uses = [];
    private int _lookAt = KeptWithoutLooking;

    /// <summary>Begins a request, or says how long to wait. One that was begun has to be ended.</summary>
    public TimeSpan? Begin(Guid appliance)
    {
        lock (_lock)
        {
            var (use, now) = (UseOf(appliance), time.GetElapsedTime(_start));
            if (use.Open >= options.Value.ParallelRequests)
                return UntilOneHasEnded;
            if (Wait(use.RequestsPaid, now) is { } wait)
                return wait;

            use.RequestsPaid = Later(use.RequestsPaid, now) + TimeSpan.FromSeconds(1.0 / options.Value.RequestsPerSecond);
            use.Open++;
            return null;
        }
    }

    public void End(Guid appliance)
    {
        lock (_lock)
        {
            _uses[appliance].Open--;
        }
    }

    /// <summary>Takes the bytes of a part, or says how long to wait.</summary>
    public TimeSpan? TakeBytes(Guid appliance, long bytes)
    {
        if (options.Value.PartBytesPerSecond is not { } rate)
            return null;

        lock (_lock)
        {
            var (use, now) = (UseOf(appliance), time.GetElapsedTime(_start));
            if (Wait(use.BytesPaid, now) is { } wait)
                return wait;

            use.BytesPaid = Later(use.BytesPaid, now) + TimeSpan.FromSeconds((double)bytes / rate);
            return null;
        }
    }

    private static TimeSpan? Wait(TimeSpan paid, TimeSpan now) => paid - now - Burst is { Ticks: > 0 } wait ? wait : null;

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private Use UseOf(Guid appliance)
    {
        if (_uses.TryGetValue(appliance, out var use))
            return use;

        if (_uses.Count >= _lookAt)
        {
            var now = time.GetElapsedTime(_start);
            foreach (var idle in _uses.Where(u => u.Value.Open == 0 && Later(u.Value.RequestsPaid, u.Value.BytesPaid) <= now).Select(u => u.Key).ToList())
                _uses.Remove(idle);
            _lookAt = Math.Max(KeptWithoutLooking, 2 * _uses.Count);
        }

        return _uses[appliance] = new Use();
    }

    private sealed class Use
    {
        public int Open { get; set; }

        public TimeSpan RequestsPaid { get; set; }

        public TimeSpan BytesPaid { get; set; }
    }
}

/// <summary>Holds every call of an agent to <see cref="AgentLimits"/>, before its body is read.</summary>
internal sealed class AgentLimitFilter(AgentLimits limits, RequestMetrics metrics) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var appliance = ((AgentCaller)context.HttpContext.User).ApplianceId;
        if (limits.Begin(appliance) is { } wait)
        {
            metrics.Refused(RefusedBy.Agent);
            return ApiErrors.TooManyRequests("This appliance asks for more than its share of the controller. Wait as long as Retry-After says.", wait);
        }

        try
        {
            return await next(context);
        }
        finally
        {
            limits.End(appliance);
        }
    }
}
