using System.ComponentModel.DataAnnotations;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Backups;

/// <summary>The times and sizes that bound a backup.</summary>
internal sealed class BackupOptions
{
    public const string Section = "Backups";

    /// <summary>
    /// An agent that isn't heard of for that long is lost, and its backup fails. 10 seconds to 1 hour, default 60 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long an agent may take to begin a backup: longer than a lease, as it may first have to find out that its connection is
    /// dead. 10 seconds to 1 hour, default 2 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan PickUp { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>A backup that could begin fails after that long, however alive its agent is. 1 minute to 30 days, default 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How many backups may run at once, on all controllers of this catalog together; more wait for their turn. 1 to 100,000, default
    /// 256.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxParallel { get; set; } = 256;

    /// <summary>
    /// How many backups that run this controller may have let begin: what it adds to the fleet. 1 to 10,000, default 64.
    /// </summary>
    [Range(1, 10_000)]
    public int MaxParallelPerController { get; set; } = 64;

    /// <summary>
    /// How long a backup may wait for its turn before it fails. Only once it may begin, <see cref="PickUp"/> and
    /// <see cref="Deadline"/> count. 1 minute to 30 days, default 24 hours.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How often leases, deadlines and the queue are looked at. 100 milliseconds to 1 minute, default 2 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The largest archive that an agent may send, in bytes. 1 MiB or more; default: what the part plan holds (520 GiB), which no
    /// setting exceeds.
    /// </summary>
    [Range(1024 * 1024, long.MaxValue)]
    public long MaxArchiveSize { get; set; } = PartPlan.Default.Capacity;

    /// <summary>How many parts an agent may have in flight. 1 to 16, default 4.</summary>
    [Range(1, 16)]
    public int ParallelParts { get; set; } = 4;

    /// <summary>
    /// How many parts of all agents this controller takes in at the same time; each costs about 1 MiB of memory. The next one is
    /// answered 503 with <c>Retry-After</c>. 1 to 1,024, default 64.
    /// </summary>
    [Range(1, 1024)]
    public int MaxPartsInFlight { get; set; } = 64;
}
