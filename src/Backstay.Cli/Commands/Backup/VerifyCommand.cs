using System.CommandLine;
using Backstay.Archive;
using Backstay.Cli.Commands.Archive;
using Backstay.Cli.Commands.Verification;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary>
/// <c>backstay backup verify</c>: has the controller prove a stored backup; with <c>--wait</c>, says what it found. With a key its content is
/// proven on this machine, and the controller keeps the result.
/// </summary>
internal sealed class VerifyCommand : CliCommand
{
    private const string Digest = "digest";
    private const string Content = "content";

    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Argument<string> _backup = CommonOptions.Backup();

    private readonly Option<string?> _strength = new("--strength")
    {
        Description = "digest: the stored bytes are those that were sealed; content: it opens, and every file in it is right (else digest; with a key, content)",
        HelpName = $"{Digest}|{Content}",
    };

    private readonly Option<bool> _wait = new("--wait", "-w") { Description = "Stay until it is known; the exit code then is that of the proof" };
    private readonly UnlockOptions _unlock = new();
    private readonly CacheOptions _cache = new();

    public VerifyCommand(GlobalOptions global)
        : base(
            global,
            "verify",
            "Have a stored backup proven",
            "backstay backup verify gw-01",
            "backstay backup verify gw-01 latest --strength content --wait",
            "backstay backup verify gw-01 --secret-key backup-key.asc")
    {
        _strength.AcceptOnlyFromAmong(Digest, Content);
        Arguments.Add(_name);
        Arguments.Add(_backup);
        Options.Add(_strength);
        Options.Add(_wait);
        _unlock.AddTo(this);
        _cache.AddTo(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var isHere = _unlock.IsGiven(invocation);
        if (isHere && invocation.Value(_strength) == Digest)
            throw CliException.Usage("With a key the content is proven, on this machine: leave out --strength digest, or the key.");
        var unlock = isHere ? await _unlock.ReadAsync(invocation, cancellationToken) : null;

        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var appliance = await client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var backup = await client.FindBackupAsync(appliance, invocation.Value(_backup), Latest.Successful, cancellationToken);
        if (unlock is not null)
            return await ProveHereAsync(invocation, client, appliance, backup, unlock, cancellationToken);

        var strength = invocation.Value(_strength) == Content ? VerificationStrength.Content : VerificationStrength.Digest;
        var accepted = await client.VerifyBackupAsync(appliance.Id, backup.Id, new VerifyRequest(strength), cancellationToken);
        var wait = invocation.Value(_wait);
        var verification = wait
            ? await FollowAsync(invocation, client, appliance.Name, accepted.Id, cancellationToken)
            : await client.GetVerificationAsync(accepted.Id, cancellationToken);

        invocation.Terminal.Result(verification, AdminJson.Default.VerificationRecord, shown => VerificationText.Show(invocation, shown));
        if (!wait)
            invocation.Terminal.Hint($"See what it finds with: backstay verification list {appliance.Name}");
        return wait ? VerificationText.ExitCode(verification) : ExitCode.Ok;
    }

    private async Task<ExitCode> ProveHereAsync(
        Invocation invocation, AdminClient client, ApplianceStatus appliance, BackupRecord backup, Unlock unlock, CancellationToken cancellationToken)
    {
        var archive = await _cache.GetAsync(invocation, client, appliance, backup, cancellationToken);
        var report = await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, board =>
            new LocalProof(invocation.Clock).MakeAsync(archive, backup, unlock, board.Add("proving"), cancellationToken));

        // Kept until the controller has it: said again, nothing is downloaded again.
        var verification = await client.ReportVerificationAsync(appliance.Id, backup.Id, report, cancellationToken);
        archive.Remove();
        invocation.Terminal.Result(verification, AdminJson.Default.VerificationRecord, shown => VerificationText.Show(invocation, shown));
        return VerificationText.ExitCode(verification);
    }

    private static async Task<VerificationRecord> FollowAsync(
        Invocation invocation, AdminClient client, string appliance, Guid verification, CancellationToken cancellationToken)
    {
        try
        {
            return await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, board =>
                new VerificationFollower(client, invocation.Clock).FollowAsync(verification, board.Add(appliance), cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            invocation.Terminal.Warn(
                $"the verification goes on without this command. See what it finds with: backstay verification list {appliance}");
            throw;
        }
    }
}
