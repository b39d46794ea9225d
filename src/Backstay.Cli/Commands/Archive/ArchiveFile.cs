using Backstay.Archive;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Archive;

/// <summary>Archives on this machine's disk.</summary>
internal static class ArchiveFile
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Asked before anything else is: nobody types the passphrase of a file that isn't there.</summary>
    /// <exception cref="CliException">There is no such file.</exception>
    public static FileInfo Existing(FileInfo file) =>
        file.Exists ? file : throw CliException.NotFound($"There is no file {file.FullName}.");

    public static FileStream Open(FileInfo file) => new(file.FullName, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        BufferSize = BufferSize,
        Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
    });

    /// <summary>Shows how much of an archive has been read.</summary>
    public static IProgress<ReadProgress> Progress(ProgressLine line, long size) => new ReadLine(line, size);

    // Progress<T> would post to the thread pool and could report after the end.
    private sealed class ReadLine(ProgressLine line, long size) : IProgress<ReadProgress>
    {
        public void Report(ReadProgress value) =>
            line.Report($"{Human.Count(value.Entries)} entries, {Human.Size(value.ContentBytes)}", value.SealedBytes, size);
    }
}
