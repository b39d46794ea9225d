using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Api;

/// <summary>How much this controller works on at the same time: its memory is bounded by these, not by who asks.</summary>
internal sealed class LimitOptions
{
    public const string Section = "Limits";

    /// <summary>
    /// Archives that are downloaded at the same time; each costs about 256 KiB of memory. The next one is answered 503 with
    /// <c>Retry-After</c>. 1 to 10,000, default 128.
    /// </summary>
    [Range(1, 10_000)]
    public int Downloads { get; set; } = 128;

    /// <summary>
    /// Calls that wait for the archive store and are worked on at the same time: those that open and complete uploads, hold and lock. They
    /// take minutes when the store is slow, and keep no other call waiting. More wait in order. 1 to 10,000, default 256.
    /// </summary>
    [Range(1, 10_000)]
    public int StoreCalls { get; set; } = 256;

    /// <summary>
    /// Other calls that are worked on at the same time, parts and event streams aside; each may cost 1 MiB for its body. More wait in
    /// order. 16 to 10,000, default 256.
    /// </summary>
    [Range(16, 10_000)]
    public int Calls { get; set; } = 256;

    /// <summary>
    /// Calls that wait for one of <see cref="Calls"/>, and as many for one of <see cref="StoreCalls"/>. The next one is answered 503 with <c>Retry-After</c>. 0 to 1,000,000, default
    /// 10,000.
    /// </summary>
    [Range(0, 1_000_000)]
    public int WaitingCalls { get; set; } = 10_000;
}
