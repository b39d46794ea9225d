namespace Backstay.Chaos;

internal enum CatalogKind
{
    Sqlite,
    Postgres,
}

internal enum StoreKind
{
    Folder,
    S3,
}

/// <summary>What the command line asks for.</summary>
internal sealed record ChaosOptions
{
    public const ulong DefaultSeed = 20261123;

    public ulong Seed { get; init; } = DefaultSeed;

    /// <summary>How many rounds; the plan of a round depends on the seed, the filters and its number, not on how many there are.</summary>
    public int Rounds { get; init; } = 100;

    /// <summary>Only this round of the plan, from 1 on; null for all.</summary>
    public int? Round { get; init; }

    public CatalogKind Catalog { get; init; }

    public StoreKind Store { get; init; }

    /// <summary>Controller processes an installation, 1 to 5.</summary>
    public int Controllers { get; init; } = 1;

    /// <summary>Installations side by side, each with a round at a time, 1 to 16.</summary>
    public int Lanes { get; init; } = 3;

    /// <summary>Names of faults; empty for all that are possible.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>Names or numbers of moments; empty for all.</summary>
    public IReadOnlyList<string> Steps { get; init; } = [];

    /// <summary>Where everything is written.</summary>
    public required string Folder { get; init; }

    /// <summary>The same run as a command line, without rounds and folder.</summary>
    public string Repeat => string.Join(
        ' ',
        [
            $"--seed {Seed}", $"--catalog {Catalog.ToString().ToLowerInvariant()}", $"--store {Store.ToString().ToLowerInvariant()}",
            $"--controllers {Controllers}", .. Faults.Select(fault => $"--fault {fault}"), .. Steps.Select(step => $"--step {step}"),
        ]);
}
