using System.Diagnostics;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Commands.Restore;

/// <summary>Commands of the operator's around a restore. They know what is restored by their environment, and no secret of ours.</summary>
internal sealed class RestoreHooks(FileInfo archive, string target, string appliance, string dumps)
{
    private static readonly string[] Secrets = ["BACKSTAY_PASSPHRASE", "BACKSTAY_TOKEN", "BACKSTAY_PASSWORD", "BACKSTAY_NEW_PASSWORD"];

    /// <summary>Runs a command with the shell, if there is one. What it writes goes to standard error, where results can't be spoilt.</summary>
    /// <param name="option">Where it was given.</param>
    /// <param name="state">How things stand, should it fail.</param>
    public async Task RunAsync(string option, string? command, string state, CancellationToken cancellationToken)
    {
        if (command is null)
            return;
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec >&2; eval \"$1\"", "backstay", command]);
        foreach (var secret in Secrets)
            start.Environment.Remove(secret);
        start.Environment["BACKSTAY_RESTORE_APPLIANCE"] = appliance;
        start.Environment["BACKSTAY_RESTORE_ARCHIVE"] = archive.FullName;
        start.Environment["BACKSTAY_RESTORE_TARGET"] = target;
        start.Environment["BACKSTAY_RESTORE_DUMPS"] = dumps;

        using var process = Process.Start(start) ?? throw new InvalidOperationException("/bin/sh could not be started.");
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
        {
            throw new CliException(
                ExitCode.Failure, CliErrorIds.HookFailed, $"The command of {option} failed with exit code {process.ExitCode}. {state}");
        }
    }
}
