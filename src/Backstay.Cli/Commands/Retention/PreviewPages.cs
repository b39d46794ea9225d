using System.Globalization;
using System.Runtime.CompilerServices;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary>A preview of all appliances, read page by page, and what it comes to.</summary>
internal static class PreviewPages
{
    private const int AppliancesAtOnce = 50;

    public static async IAsyncEnumerable<RetentionPreview> PreviewsAsync(
        this AdminClient client, RetentionPreviewRequest request, string? query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PagedList<RetentionPreview> page;
        var read = 0;
        do
        {
            var range = string.Create(CultureInfo.InvariantCulture, $"{read}-{read + AppliancesAtOnce - 1}");
            page = await client.PreviewRetentionAsync(request, new ListRequest(query, range), cancellationToken);
            foreach (var preview in page.Data)
                yield return preview;
            read += page.Data.Count;
        }
        while (page.Data.Count > 0 && read < page.TotalCount);
    }

    /// <summary>For a question: <c>3 backups (1.2 GB) would go.</c></summary>
    public static async Task<string> GoingAsync(this AdminClient client, RetentionPreviewRequest request, CancellationToken cancellationToken)
    {
        var (going, bytes) = (0, 0L);
        await foreach (var preview in client.PreviewsAsync(request, query: null, cancellationToken))
            (going, bytes) = (going + preview.Going, bytes + preview.GoingBytes);
        return $"{Human.Count(going)} {(going == 1 ? "backup" : "backups")} ({Human.Size(bytes)}) would go with the next round.";
    }
}
