using System.Security.Cryptography;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Downloads;

/// <summary>
/// Downloads archives. The steps:
/// 1. HEAD says how large the archive is and which digest it has.
/// 2. What an earlier try left in <c>FILE.BACKUP.part</c> is hashed and kept. The name holds the backup's id, and the archive
///    of a backup never changes.
/// 3. GET asks for the rest, and says which archive the rest has to be of (<c>If-Range</c>).
/// 4. Every byte is hashed while it is written. A connection that breaks or falls silent goes back to 3, after a pause that
///    grows as long as no byte is gained.
/// 5. Size and digest are compared. Bytes that are wrong are put aside as <c>FILE.BACKUP.damaged</c>: the next try begins
///    anew, and what arrived can be looked at.
/// 6. fsync, rename, fsync of the folder: only then has the file its name.
/// </summary>
/// <param name="retries">How often in a row a connection may break without a byte gained.</param>
internal sealed class ArchiveDownloader(AdminClient client, TimeProvider clock, int retries)
{
    /// <summary>With the pauses between them, about three minutes of a controller that is away.</summary>
    public const int DefaultRetries = 9;

    private const int BufferSize = 256 * 1024;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    public async Task<DownloadedArchive> DownloadAsync(
        Guid applianceId, Guid backupId, DownloadTarget target, ProgressLine line, CancellationToken cancellationToken)
    {
        // 1.
        var info = await client.GetArchiveInfoAsync(applianceId, backupId, cancellationToken);
        if (info.Sha256 is not { } expected)
            throw Integrity("The controller does not say which SHA-256 the archive has, so nothing could be proven.");
        var file = target.Resolve(info.FileName ?? $"{backupId}.gpg");
        var part = $"{file}.{backupId:N}.part";

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using (var content = new FileStream(part, options))
        {
            await KeepAsync(content, info.Size, hash, line, cancellationToken); // 2.
            await FetchAsync(applianceId, backupId, info, content, hash, line, cancellationToken); // 3. and 4.
            content.Flush(flushToDisk: true);
        }

        // 5.
        var actual = hash.GetHashAndReset();
        if (!actual.AsSpan().SequenceEqual(expected))
        {
            var damaged = $"{file}.{backupId:N}.damaged";
            File.Move(part, damaged, overwrite: true);
            throw Integrity(
                $"""
                The archive that arrived is not the one that was sealed. Download it again; if that fails too, the stored archive is damaged.
                  expected  {Convert.ToHexStringLower(expected)}
                  arrived   {Convert.ToHexStringLower(actual)}
                  kept as   {damaged}
                """);
        }

        // 6.
        target.Publish(part, file);
        line.End($"{Human.Size(info.Size)}, SHA-256 is right");
        return new DownloadedArchive(file, info.Size, Convert.ToHexStringLower(actual), applianceId, backupId);
    }

    /// <summary>Leaves the file and the hash at the end of what can be kept.</summary>
    private static async Task KeepAsync(
        FileStream content, long size, IncrementalHash hash, ProgressLine line, CancellationToken cancellationToken)
    {
        if (content.Length > size)
            content.SetLength(0);
        var buffer = new byte[BufferSize];
        while (await content.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            line.Report($"checking the {Human.Size(content.Length)} that are here", content.Position, size);
        }
    }

    private async Task FetchAsync(
        Guid applianceId,
        Guid backupId,
        ArchiveInfo info,
        FileStream content,
        IncrementalHash hash,
        ProgressLine line,
        CancellationToken cancellationToken)
    {
        var fruitless = 0;
        while (content.Position < info.Size)
        {
            var before = content.Position;
            try
            {
                using var download = await client.OpenArchiveAsync(applianceId, backupId, before, info.ETag, cancellationToken);
                if (download.From != before)
                    before = StartOver(content, hash);
                await CopyAsync(download.Content, content, info.Size, hash, line, cancellationToken);
            }
            catch (Exception e) when (IsPassing(e, cancellationToken))
            {
                fruitless = content.Position > before ? 0 : fruitless + 1;
                if (fruitless > retries)
                {
                    throw new CliException(
                        ExitCode.Unreachable,
                        CliErrorIds.Unreachable,
                        $"The download stopped at {Human.Size(content.Position)} of {Human.Size(info.Size)}: {e.GetBaseException().Message} "
                            + "What arrived is kept: the same command goes on from there.",
                        e);
                }

                line.Report("the connection broke, trying again", content.Position, info.Size);
                await Task.Delay(PauseAfter(fruitless), clock, cancellationToken);
            }
        }
    }

    private static async Task CopyAsync(
        Stream from, FileStream to, long size, IncrementalHash hash, ProgressLine line, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        while (to.Position < size)
        {
            var read = await ReadAsync(from, buffer, cancellationToken);
            if (read == 0)
                throw new ConnectionLostException("The connection ended before the archive did.");
            // A server that sends more than it announced is not followed.
            read = (int)Math.Min(read, size - to.Position);
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            hash.AppendData(buffer, 0, read);
            line.Report($"{Human.Size(to.Position)} of {Human.Size(size)}", to.Position, size);
        }
    }

    /// <summary>Tells a connection that fails from a disk that does.</summary>
    private static async Task<int> ReadAsync(Stream from, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(LongestSilence);
        try
        {
            return await from.ReadAsync(buffer, silence.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConnectionLostException("Nothing arrived for a minute.");
        }
        catch (IOException e)
        {
            throw new ConnectionLostException(e.Message, e);
        }
    }

    private static long StartOver(FileStream content, IncrementalHash hash)
    {
        content.SetLength(0);
        content.Position = 0;
        _ = hash.GetHashAndReset();
        return 0;
    }

    private static TimeSpan PauseAfter(int fruitless) =>
        TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << Math.Min(fruitless, 10), LongestPause.Ticks));

    private static bool IsPassing(Exception e, CancellationToken cancellationToken) => e switch
    {
        ConnectionLostException or HttpRequestException => true,
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        AdminApiException api => (int)api.Status is 429 or >= 500,
        _ => false,
    };

    private static CliException Integrity(string message) => new(ExitCode.Integrity, CliErrorIds.Integrity, message);

    private sealed class ConnectionLostException(string message, Exception? innerException = null) : Exception(message, innerException);
}
