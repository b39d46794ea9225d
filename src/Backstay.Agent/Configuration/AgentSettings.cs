using Backstay.Archive;

namespace Backstay.Agent.Configuration;

/// <summary>The configuration in force: <c>agent.json</c> after it was checked, with every default filled in.</summary>
internal sealed record AgentSettings
{
    /// <summary>What is collected, for each of the four sections.</summary>
    public required IReadOnlyDictionary<ArchiveSection, IReadOnlyList<SourceSettings>> Sections { get; init; }

    /// <summary>Parts in flight, 1 to 16. Default: as many as the controller allows; never more than that.</summary>
    public int? ParallelParts { get; init; }

    /// <summary>Bytes a second over all parts, at least <see cref="LeastRate"/>. Default: unlimited.</summary>
    public long? RateLimit { get; init; }

    /// <summary>0 to 19, default 10: how far CPU time is left to others.</summary>
    public int Nice { get; init; } = 10;

    /// <summary>Default idle: the disk is read when nobody else wants it.</summary>
    public IoClass IoClass { get; init; } = IoClass.Idle;

    /// <summary>Zstandard, 1 to 19, default 1. From 10 on the compressor alone needs more memory than the whole agent otherwise.</summary>
    public int CompressionLevel { get; init; } = 1;

    /// <summary>Absolute path of the folder for dumps and large parts in flight. Default: <c>spool</c> in the state folder.</summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>Null, and the default: this machine restores nothing for practice.</summary>
    public DrillSettings? Drill { get; init; }

    /// <summary>A slower upload could not renew its lease by the parts that it sends.</summary>
    public const long LeastRate = 64_000;

    /// <summary>Without a configuration file: the default sources, and the defaults above.</summary>
    public static AgentSettings Default { get; } = new()
    {
        Sections = Enum.GetValues<ArchiveSection>().ToDictionary(section => section, DefaultSources.For),
    };
}

/// <summary>Linux' I/O scheduling classes, ioprio_set(2), that a backup may have.</summary>
internal enum IoClass
{
    BestEffort = 2,
    Idle = 3,
}
