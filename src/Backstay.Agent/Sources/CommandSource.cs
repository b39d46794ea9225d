using Backstay.Agent.Configuration;
using Backstay.Archive;

namespace Backstay.Agent.Sources;

/// <summary>A program whose output becomes a file of the archive.</summary>
internal sealed class CommandSource(ArchiveSection section, CommandSettings settings, TimeProvider time) : Source(section, settings)
{
    public override string Name => $"command {string.Join(' ', settings.Command).ReplaceLineEndings(@"\n").Replace("\t", @"\t")}";

    public override bool Exists => ProcessRunner.Find(settings.Command[0]) is not null;

    public override Task<TreeEstimate> EstimateAsync(CancellationToken cancellationToken) => Task.FromResult(new TreeEstimate(1, 0));

    public override Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>(Exists ? [] : [$"{settings.Command[0]} is not installed, or not on PATH."]);

    public override async Task CollectAsync(SourceContext context, CancellationToken cancellationToken)
    {
        await using var output = await ProcessRunner.SpoolAsync(
            new ProcessRequest(settings.Command, settings.Timeout), context.Spool, time, cancellationToken);
        await context.AddAsync(Section, $"commands/{settings.Name}", output, cancellationToken);
    }
}
