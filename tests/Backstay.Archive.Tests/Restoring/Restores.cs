using System.IO.Enumeration;
using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests.Restoring;

/// <summary>Restores the way the command line does: plan, then apply.</summary>
internal static class Restores
{
    public const string Aside = "replaced-20260102T030405Z";

    public static RestoreOptions To(string target, bool makeReady = false) => new() { Target = target, AsideName = Aside, MakeReady = makeReady };

    public static async Task<RestorePlan> PlanAsync(byte[] archive, RestoreOptions options, Unlock? unlock = null)
        => await ArchiveRestorer.PlanAsync(new MemoryStream(archive), unlock ?? Unlock.WithPassphrase(Archives.Passphrase), options, null, default);

    public static async Task<RestoreResult> ApplyAsync(
        byte[] archive, RestorePlan plan, IProgress<ReadProgress>? progress = null, CancellationToken cancellationToken = default)
        => await ArchiveRestorer.ApplyAsync(new MemoryStream(archive), plan, progress, cancellationToken);

    /// <summary>Both, and what the plan said.</summary>
    public static async Task<(RestoreCounts Planned, RestoreResult Result)> RestoreAsync(byte[] archive, RestoreOptions options, Unlock? unlock = null)
    {
        using RestorePlan plan = await PlanAsync(archive, options, unlock);
        RestoreResult result = await ApplyAsync(archive, plan);
        return (plan.Counts, result);
    }

    /// <summary>Everything below a folder, links not followed.</summary>
    public static IEnumerable<string> NamesBelow(string folder)
        => new FileSystemEnumerable<string>(
            folder, (ref FileSystemEntry entry) => Path.GetRelativePath(folder, entry.ToFullPath()),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
        {
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        }.Order(StringComparer.Ordinal);
}
