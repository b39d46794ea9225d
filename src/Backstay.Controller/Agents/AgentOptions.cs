using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Agents;

/// <summary>
/// What one appliance may ask of this controller: an appliance that was taken over keeps others neither from the network nor from the
/// store. Each controller counts for itself.
/// </summary>
internal sealed class AgentOptions
{
    public const string Section = "Agents";

    /// <summary>
    /// Requests a second of one appliance, with twice as many in a row; beyond that 429 with <c>Retry-After</c>. 1 to 10,000, default
    /// 200: parts of 8 MiB at 13 Gbit/s.
    /// </summary>
    [Range(1, 10_000)]
    public int RequestsPerSecond { get; set; } = 200;

    /// <summary>
    /// Bytes a second of parts of one appliance; the next part is answered 429 with <c>Retry-After</c> until those before it have had
    /// their time. 65,536 or more; default: no limit but that of the machine.
    /// </summary>
    [Range(65_536, long.MaxValue)]
    public long? PartBytesPerSecond { get; set; }

    /// <summary>
    /// Requests of one appliance that are open at the same time, event streams aside; beyond that 429 with <c>Retry-After</c>. 5 to 256, and
    /// at least 4 more than <c>Backups:ParallelParts</c>; default 20.
    /// </summary>
    [Range(5, 256)]
    public int ParallelRequests { get; set; } = 20;
}
