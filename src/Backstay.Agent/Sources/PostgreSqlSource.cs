using System.Globalization;
using Backstay.Agent.Configuration;
using Backstay.Archive;

namespace Backstay.Agent.Sources;

/// <summary>
/// PostgreSQL by its own tools: each database as a pg_dump(1) in the custom format, which pg_restore(1) reads, and roles and
/// tablespaces as SQL. The dumps aren't compressed: the archive does that, and better.
/// </summary>
internal sealed class PostgreSqlSource(ArchiveSection section, PostgreSqlSettings settings, TimeProvider time) : Source(section, settings)
{
    private const string ListDatabases =
        "SELECT pg_database_size(oid), datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname";

    private static readonly TimeSpan QueryTimeout = TimeSpan.FromMinutes(1);

    private readonly string _folder = $"databases/{settings.Name}";

    public override string Name => $"postgresql {settings.Database ?? "all"}{(settings.Host is { } host ? $" at {host}" : "")}";

    public override async Task<TreeEstimate> EstimateAsync(CancellationToken cancellationToken)
    {
        try
        {
            var databases = await ListAsync(cancellationToken);
            return new TreeEstimate(databases.Count + (settings.Globals ? 1 : 0), databases.Sum(database => database.Size));
        }
        catch (SourceFailedException)
        {
            return new TreeEstimate(0, 0); // collecting it fails in the same way, and says so
        }
    }

    public override async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        string[] tools = ["psql", "pg_dump", .. settings.Globals ? ["pg_dumpall"] : Array.Empty<string>(),
            .. settings.RunAs is null ? Array.Empty<string>() : ["runuser"]];
        var missing = tools.Where(tool => ProcessRunner.Find(tool) is null).Select(tool => $"{tool} is not installed, or not on PATH.");
        if (missing.ToList() is { Count: > 0 } problems)
            return problems;
        if (settings.PasswordFile is { } file && !File.Exists(file))
            return [$"The password file {file} does not exist."];

        try
        {
            await ListAsync(cancellationToken);
            return [];
        }
        catch (SourceFailedException e)
        {
            return [e.Message];
        }
    }

    public override async Task CollectAsync(SourceContext context, CancellationToken cancellationToken)
    {
        if (settings.Globals)
            await DumpAsync(context, "globals.sql", ["pg_dumpall", "--globals-only"], cancellationToken);

        foreach (var (name, _) in await ListAsync(cancellationToken))
        {
            await DumpAsync(
                context, $"{FileName(name)}.dump", ["pg_dump", "--format=custom", "--compress=0", $"--dbname={ConnectTo(name)}"],
                cancellationToken);
        }
    }

    private async Task DumpAsync(SourceContext context, string file, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        await using var dump = await ProcessRunner.SpoolAsync(
            Request(command, settings.Timeout), context.Spool, time, cancellationToken);
        await context.AddAsync(Section, $"{_folder}/{file}", dump, cancellationToken);
    }

    /// <summary>The databases to dump and their sizes in bytes.</summary>
    private async Task<IReadOnlyList<(string Name, long Size)>> ListAsync(CancellationToken cancellationToken)
    {
        string[] command =
        [
            "psql", "--no-psqlrc", "--no-align", "--tuples-only", "--quiet", "--field-separator= ", "--record-separator-zero",
            $"--command={ListDatabases}", $"--dbname={ConnectTo(settings.Database ?? "postgres")}",
        ];
        var answer = await ProcessRunner.ReadAsync(Request(command, QueryTimeout), time, cancellationToken);
        var databases = answer.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 2))
            .Where(columns => columns.Length == 2 && (settings.Database ?? columns[1]) == columns[1])
            .Select(columns => (columns[1].TrimEnd('\n'), long.Parse(columns[0], CultureInfo.InvariantCulture)))
            .ToList();
        return databases.Count > 0 ? databases : throw new SourceFailedException($"{Name}: there is no database to dump.");
    }

    private ProcessRequest Request(IReadOnlyList<string> tool, TimeSpan timeout)
    {
        // Options of the agent's configuration go in as options, never as text of a connection string.
        var command = new List<string>();
        if (settings.RunAs is { } user)
            command.AddRange(["runuser", "--user", user, "--"]);
        command.AddRange(tool);
        command.Add("--no-password");
        if (settings.Host is { } host)
            command.Add($"--host={host}");
        if (settings.Port is { } port)
            command.Add($"--port={port.ToString(CultureInfo.InvariantCulture)}");
        if (settings.User is { } role)
            command.Add($"--username={role}");

        var environment = new Dictionary<string, string> { ["PGCONNECT_TIMEOUT"] = "15", ["PGAPPNAME"] = "backstay-agent" };
        if (settings.PasswordFile is { } file)
            environment["PGPASSFILE"] = file;
        return new ProcessRequest(command, timeout, environment);
    }

    /// <summary>libpq takes a name with '=' for a connection string; quoted it is a name again.</summary>
    private static string ConnectTo(string database) =>
        $"dbname='{database.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", @"\'", StringComparison.Ordinal)}'";

    /// <summary>A database may be called anything; what isn't fit for a file's name is percent-encoded.</summary>
    private static string FileName(string database) => Uri.EscapeDataString(database);
}
