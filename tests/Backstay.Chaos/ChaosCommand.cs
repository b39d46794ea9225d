using System.CommandLine;
using Backstay.Chaos.Checking;
using Backstay.Chaos.Matrix;
using Backstay.Chaos.Running;

namespace Backstay.Chaos;

/// <summary>The command line. Exit codes: 0 every check held, 1 one did not, 2 usage.</summary>
internal static class ChaosCommand
{
    private const int Ok = 0;
    private const int Violated = 1;
    private const int Usage = 2;

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "The plan of every round is made from it",
        DefaultValueFactory = _ => ChaosOptions.DefaultSeed,
    };

    private static readonly Option<int> Rounds = new("--rounds") { Description = "How many rounds", DefaultValueFactory = _ => 100 };
    private static readonly Option<int?> Round = new("--round") { Description = "Only this round of the plan, from 1 on" };
    private static readonly Option<CatalogKind> Catalog = new("--catalog") { Description = "The catalog: sqlite or postgres" };
    private static readonly Option<StoreKind> Store = new("--store") { Description = "The store: folder or s3 (a Ceph that is started for it)" };

    private static readonly Option<int> Controllers = new("--controllers")
    {
        Description = "Controllers an installation, 1 to 5",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> Lanes = new("--lanes")
    {
        Description = "Installations side by side, 1 to 16",
        DefaultValueFactory = _ => 3,
    };

    private static readonly Option<string[]> Faults = new("--fault") { Description = "Only this fault; may be given several times" };
    private static readonly Option<string[]> Steps = new("--step")
    {
        Description = "Only at this moment (7-durable), or at this step (7), or at any (random); may be given several times",
    };

    private static readonly Option<string?> Folder = new("--folder")
    {
        Description = "Where data and logs go, kept afterwards. Default: a temporary folder, kept only when a check failed",
    };

    private static readonly Option<string?> Markdown = new("--markdown") { Description = "Write the table to this file, too" };
    private static readonly Option<int> Backups = new("--backups") { Description = "How many backups", DefaultValueFactory = _ => 100 };
    private static readonly Option<int> Uploads = new("--uploads") { Description = "How many at a time", DefaultValueFactory = _ => 20 };
    private static readonly Option<bool> List = new("--list") { Description = "Show the faults and the moments that there are" };

    public static RootCommand Create()
    {
        var root = new RootCommand(
            """
            Kills, cuts and stalls everything at every step of a backup, and checks what was promised: every backup ends in time, every
            success is whole, every failure has a fitting reason, nothing is left over, nobody is told of an end before it has come.

            Examples:
              tests/chaos                                          100 rounds: SQLite, a folder, one controller
              tests/chaos --catalog postgres --store s3 --controllers 3 --rounds 1000
              tests/chaos --fault controller-kill --step 10        a controller killed around the commit, and nothing else
              tests/chaos --seed 7 --round 42                      one round of another plan, again
            """)
        {
            Seed, Rounds, Round, Catalog, Store, Controllers, Lanes, Faults, Steps, Folder, Markdown, List,
        };
        root.SetAction(RunAsync);
        root.Subcommands.Add(CreateBalancer());
        root.Subcommands.Add(CreateRolling());
        return root;
    }

    private static Command CreateBalancer()
    {
        var balancer = new Command(
            "balancer",
            """
            Nothing goes wrong here: a client that knows the address of a plain round-robin TCP balancer, and nothing of the controllers behind
            it, makes backups and downloads them in ranges. Every call is another connection, and so goes to another controller.

            Example:
              tests/chaos balancer --backups 100 --catalog postgres --store s3 --controllers 3
            """)
        {
            Backups, Catalog, Store, Controllers, Folder,
        };
        balancer.SetAction((parsed, ct) =>
            RunOneAsync(parsed, (options, output) => new BalancerRun(options, parsed.GetValue(Backups), output, ct).RunAsync()));
        return balancer;
    }

    private static Command CreateRolling()
    {
        var rolling = new Command(
            "rolling",
            """
            Every controller is stopped and started again, one after the other, as an upgrade does it, in the middle of many uploads. Every
            backup has to succeed and verify.

            Example:
              tests/chaos rolling --uploads 20 --catalog postgres --store s3 --controllers 3
            """)
        {
            Uploads, Catalog, Store, Controllers, Folder,
        };
        rolling.SetAction((parsed, ct) =>
            RunOneAsync(parsed, (options, output) => new RollingRun(options, parsed.GetValue(Uploads), output, ct).RunAsync()));
        return rolling;
    }

    /// <summary>A mode without rounds.</summary>
    private static async Task<int> RunOneAsync(
        ParseResult parsed, Func<ChaosOptions, TextWriter, Task<(int Good, IReadOnlyList<string> Faults)>> run)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (await RefusedAsync(parsed))
            return Usage;

        var options = OptionsOf(parsed);
        var (good, faults) = (0, (IReadOnlyList<string>)[]);
        try
        {
            (good, faults) = await run(options, TextWriter.Synchronized(output));
        }
        catch (OutOfPatienceException broken)
        {
            faults = [broken.Message];
        }

        foreach (var fault in faults)
            await output.WriteLineAsync($"VIOLATION: {fault}");
        await EndAsync(parsed, options, good, faults.Count);
        return faults.Count == 0 ? Ok : Violated;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(List))
        {
            ListAll(output);
            return Ok;
        }

        if (await RefusedAsync(parsed))
            return Usage;

        var options = OptionsOf(parsed);
        await output.WriteLineAsync($"{options.Repeat}; everything is written below {options.Folder}");
        var run = new MatrixRun(options, TextWriter.Synchronized(output), cancellationToken);
        var results = await run.RunAsync();
        var broken = await TellAsync(options, results, [.. run.Faults], parsed.GetValue(Markdown), output, cancellationToken);
        await EndAsync(parsed, options, results.Count(result => result.Violations.Count == 0), broken);
        return broken == 0 ? Ok : Violated;
    }

    private static ChaosOptions OptionsOf(ParseResult parsed)
    {
        var folder = parsed.GetValue(Folder) is { } given ? Path.GetFullPath(given) : Directory.CreateTempSubdirectory("backstay-chaos-").FullName;
        Directory.CreateDirectory(folder);
        return new ChaosOptions
        {
            Seed = parsed.GetValue(Seed),
            Rounds = parsed.GetValue(Rounds),
            Round = parsed.GetValue(Round),
            Catalog = parsed.GetValue(Catalog),
            Store = parsed.GetValue(Store),
            Controllers = parsed.GetValue(Controllers),
            Lanes = parsed.GetValue(Lanes),
            Faults = parsed.GetValue(Faults) ?? [],
            Steps = parsed.GetValue(Steps) ?? [],
            Folder = folder,
        };
    }

    /// <summary>The last lines, as <c>./test</c> counts them; and the folder goes, unless somebody may want to look at it.</summary>
    private static async Task EndAsync(ParseResult parsed, ChaosOptions options, int good, int broken)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (broken > 0)
            await output.WriteLineAsync($"The logs are kept in {options.Folder}");
        else if (parsed.GetValue(Folder) is null)
            Directory.Delete(options.Folder, recursive: true);
        await output.WriteLineAsync($"  succeeded: {good}\n  failed: {broken}");
    }

    private static async Task<bool> RefusedAsync(ParseResult parsed)
    {
        if (Mistake(parsed) is not { } mistake)
            return false;
        await parsed.InvocationConfiguration.Error.WriteLineAsync($"chaos: {mistake}; tests/chaos --help lists the options");
        return true;
    }

    private static string? Mistake(ParseResult parsed)
    {
        var numbers = new[] { (Rounds, 1, 1_000_000), (Backups, 1, 1_000_000), (Uploads, 1, 200), (Controllers, 1, 5), (Lanes, 1, 16) };
        foreach (var (option, least, most) in numbers)
        {
            if (parsed.GetResult(option) is not null && parsed.GetValue(option) is var value && (value < least || value > most))
                return $"{option.Name} takes a number from {least} to {most}";
        }

        if (parsed.GetValue(Round) < 1)
            return "--round counts from 1 on";
        if (parsed.GetValue(Controllers) > 1 && parsed.GetValue(Catalog) == CatalogKind.Sqlite)
            return "several controllers need --catalog postgres";
        if (parsed.GetValue(Faults)?.FirstOrDefault(name => Fault.All.All(fault => fault.Name != name)) is { } fault)
            return $"there is no fault {fault}";
        return parsed.GetValue(Steps)?.FirstOrDefault(name => Moment.All.All(moment => moment.Name != name && $"{moment.Step}" != name)) is { } step
            ? $"there is no step {step}"
            : null;
    }

    private static void ListAll(TextWriter output)
    {
        foreach (var fault in Fault.All)
            output.WriteLine($"{fault.Name,-18} {fault.What}");
        output.WriteLine();
        foreach (var moment in Moment.All)
            output.WriteLine($"{moment.Name,-18} {(moment.Teller == Teller.Clock ? "any moment" : $"told by the {moment.Teller.ToString().ToLowerInvariant()}")}");
    }

    /// <returns>How many rounds, or checks of the run as a whole, failed.</returns>
    private static async Task<int> TellAsync(
        ChaosOptions options, IReadOnlyList<RoundResult> results, IReadOnlyList<string> faults, string? markdown, TextWriter output,
        CancellationToken cancellationToken)
    {
        var table = Report.Table(results);
        await output.WriteLineAsync($"\n{table}");
        if (markdown is not null)
            await File.WriteAllTextAsync(markdown, table, cancellationToken);

        var broken = results.Where(result => result.Violations.Count > 0).ToList();
        foreach (var result in broken)
        {
            await output.WriteLineAsync($"Round {result.Plan.Number} ({result.Plan}), by itself: tests/chaos {options.Repeat} --round {result.Plan.Number}");
            foreach (var violation in result.Violations)
                await output.WriteLineAsync($"    {violation}");
        }

        foreach (var fault in faults)
            await output.WriteLineAsync(fault);
        return broken.Count + faults.Count;
    }
}
