using Backstay.Protocol.Admin;

namespace Backstay.Protocol.Agent;

/// <summary>What an agent does next after a call. The vocabulary is closed: every answer of a controller is one of these.</summary>
public enum AgentVerdict
{
    /// <summary>Done as asked.</summary>
    Ok,

    /// <summary>No controller could answer now (connection lost, timeout, 429, 5xx): the same call may work later.</summary>
    TryAgain,

    /// <summary>The bytes that arrived are not the bytes that were sent (<c>digest-mismatch</c>): send them again.</summary>
    Damaged,

    /// <summary>The backup or this attempt is over, or never was (404, <c>attempt-closed</c>, <c>backup-ended</c>): stop at once.</summary>
    Ended,

    /// <summary>The store has no room (507); the controller has failed the backup.</summary>
    StoreFull,

    /// <summary>The credential or the seed's token isn't accepted (401, 403): only a new enrolment helps.</summary>
    Unauthorized,

    /// <summary>Any other refusal: the same call would be refused again.</summary>
    Refused,
}

/// <summary>The answer to a call that returns nothing.</summary>
/// <param name="Error">What the controller said, or what kept it from answering; null when <see cref="AgentVerdict.Ok"/>.</param>
/// <param name="RetryAfter">With <see cref="AgentVerdict.TryAgain"/>: the pause the controller asked for.</param>
public readonly record struct AgentReply(AgentVerdict Verdict, ApiError? Error = null, TimeSpan? RetryAfter = null)
{
    public bool IsOk => Verdict == AgentVerdict.Ok;

    /// <summary>For logs and people; never empty.</summary>
    public string Message => Error?.Message ?? Verdict.ToString();
}

/// <summary>The answer to a call that returns a <typeparamref name="T"/>.</summary>
/// <param name="Value">Set when and only when the verdict is <see cref="AgentVerdict.Ok"/>.</param>
public readonly record struct AgentReply<T>(AgentReply Reply, T? Value)
    where T : class
{
    public AgentVerdict Verdict => Reply.Verdict;

    public string Message => Reply.Message;
}
