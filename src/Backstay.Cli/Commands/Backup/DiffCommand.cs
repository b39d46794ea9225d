using System.CommandLine;
using Backstay.Cli.Commands.Archive;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup diff</c>: what changed on an appliance between two of its backups.</summary>
internal sealed class DiffCommand : CliCommand
{
    private const string PreviousWord = "previous";

    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Argument<string> _older = Which("OLDER", $"The older backup's id, or {PreviousWord}: the good one before the newer", PreviousWord);
    private readonly Argument<string> _newer = Which("NEWER", $"The newer backup's id, or {BackupLookup.LatestWord}: the newest good one", BackupLookup.LatestWord);
    private readonly CacheOptions _cache = new();
    private readonly ComparisonOptions _comparison = new();

    public DiffCommand(GlobalOptions global)
        : base(
            global,
            "diff",
            "Show what changed between two backups of an appliance",
            "backstay backup diff gw-01",
            "backstay backup diff gw-01 --section config --content",
            "backstay backup diff gw-01 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11 latest --path /etc/nginx --exit-code")
    {
        Arguments.Add(_name);
        Arguments.Add(_older);
        Arguments.Add(_newer);
        _comparison.AddTo(this);
        _cache.AddTo(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var comparison = await _comparison.ReadAsync(invocation, cancellationToken);
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var appliance = await client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var (older, newer) = await FindAsync(invocation, client, appliance, cancellationToken);

        var before = await _cache.GetAsync(invocation, client, appliance, older, cancellationToken);
        var after = await _cache.GetAsync(invocation, client, appliance, newer, cancellationToken);
        var code = await comparison.RunAsync(
            invocation, (before, $"Backup {older.Id}"), (after, $"Backup {newer.Id}"), cancellationToken);
        before.Remove();
        after.Remove();
        return code;
    }

    private async Task<(BackupRecord Older, BackupRecord Newer)> FindAsync(
        Invocation invocation, AdminClient client, ApplianceStatus appliance, CancellationToken cancellationToken)
    {
        var newer = await FindAsync(invocation, client, appliance, invocation.Value(_newer), newerThan: null, cancellationToken);
        var older = await FindAsync(invocation, client, appliance, invocation.Value(_older), newer, cancellationToken);
        return older.Id != newer.Id ? (older, newer) : throw CliException.Usage($"Both are backup {newer.Id}: nothing can differ.");
    }

    /// <param name="newerThan">The other one, where it is known: <c>previous</c> is older than that.</param>
    private static async Task<BackupRecord> FindAsync(
        Invocation invocation, AdminClient client, ApplianceStatus appliance, string asked, BackupRecord? newerThan, CancellationToken cancellationToken)
    {
        var previous = asked.Equals(PreviousWord, StringComparison.OrdinalIgnoreCase) && newerThan is not null;
        if (!previous && !asked.Equals(BackupLookup.LatestWord, StringComparison.OrdinalIgnoreCase))
            return await client.FindArchivedBackupAsync(appliance, asked, invocation.Terminal, cancellationToken);

        var isOlder = !previous;
        await foreach (var backup in client.NewestBackupsAsync(appliance.Id, cancellationToken))
        {
            if (isOlder && backup is { Result: BackupResult.Success, Verification: not VerificationState.Damaged })
                return backup;
            isOlder |= backup.Id == newerThan?.Id;
        }

        throw CliException.NotFound(
            $"{appliance.Name} has no good backup{(previous ? $" before {newerThan!.Id}" : "")}. See them all with: backstay backup list {appliance.Name}");
    }

    private static Argument<string> Which(string name, string description, string word) => new(name)
    {
        Description = description,
        HelpName = $"BACKUP_ID|{word}",
        DefaultValueFactory = _ => word,
        CompletionSources = { word },
    };
}
