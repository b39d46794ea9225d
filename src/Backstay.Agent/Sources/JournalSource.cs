using System.Globalization;
using Backstay.Agent.Configuration;
using Backstay.Archive;

namespace Backstay.Agent.Sources;

/// <summary>
/// The systemd journal in its export format, which systemd-journal-remote(8) reads back: complete, and independent of the
/// version and the compression of the journal's own files.
/// </summary>
internal sealed class JournalSource(ArchiveSection section, JournalSettings settings, TimeProvider time) : Source(section, settings)
{
    private const string Program = "journalctl";

    public override string Name => $"journal {settings.Name}";

    public override bool Exists =>
        ProcessRunner.Find(Program) is not null && (Directory.Exists("/var/log/journal") || Directory.Exists("/run/log/journal"));

    public override Task<TreeEstimate> EstimateAsync(CancellationToken cancellationToken) => Task.FromResult(new TreeEstimate(1, 0));

    public override Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>(
            ProcessRunner.Find(Program) is null ? [$"{Program} is not installed: this machine has no systemd journal."] : []);

    public override async Task CollectAsync(SourceContext context, CancellationToken cancellationToken)
    {
        var since = (time.GetUtcNow() - settings.Since).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        string[] command =
        [
            Program, "--output=export", "--no-pager", "--quiet", $"--since=@{since}",
            .. settings.Units.Select(unit => $"--unit={unit}"), .. settings.Matches,
        ];
        await using var export = await ProcessRunner.SpoolAsync(
            new ProcessRequest(command, settings.Timeout), context.Spool, time, cancellationToken);
        await context.AddAsync(Section, $"journal/{settings.Name}.export", export, cancellationToken);
    }
}
