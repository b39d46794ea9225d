using System.Security.Cryptography;

namespace Backstay.Archive.Tests.Support;

/// <summary>Makes archives the way the agent does.</summary>
internal static class Archives
{
    public const string Passphrase = "correct horse battery staple";

    public static readonly DateTimeOffset Started = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    public static readonly DateTimeOffset Ended = Started.AddMinutes(7);

    public static ArchiveManifest Manifest { get; } = new()
    {
        ApplianceName = "gateway-1",
        ApplianceId = Guid.Parse("6a0f3a52-36a1-4b38-9a3b-7d5f0c1f2e11"),
        BackupId = Guid.Parse("0b8a1f6e-54a9-4b0e-8f57-0a4f8a0b6c22"),
        AgentVersion = "0.1.0",
        Sections = [ArchiveSection.Config],
        Started = Started,
        Hostname = "gw1.example",
    };

    /// <summary>An archive of a folder, in memory.</summary>
    public static async Task<(byte[] Bytes, ArchiveSummary Summary)> CreateAsync(
        string folder, PathExcludes? excludes = null, SessionKey? key = null, params Recipient[] recipients)
    {
        using var output = new MemoryStream();
        ArchiveSummary summary = await WriteAsync(
            output, writer => writer.AddTreeAsync(ArchiveSection.Config, folder, excludes ?? PathExcludes.None, default), key, recipients);
        return (output.ToArray(), summary);
    }

    public static async Task<ArchiveSummary> WriteAsync(
        Stream output, Func<ArchiveWriter, Task> add, SessionKey? key = null, params Recipient[] recipients)
    {
        key ??= SessionKey.Generate();
        byte[] envelope = Envelope.Wrap(key, [Passphrase], recipients);
        await using var writer = ArchiveWriter.Create(output, key, envelope, Manifest, new ArchiveWriterOptions());
        await add(writer);
        return await writer.FinishAsync(Ended, default);
    }

    public static Task<VerificationResult> VerifyAsync(byte[] archive, Unlock? unlock = null, VerifyOptions? options = null)
        => ArchiveReader.VerifyAsync(
            new MemoryStream(archive), unlock ?? Unlock.WithPassphrase(Passphrase), options ?? new VerifyOptions(), null, default);

    public static Task<ExtractionResult> ExtractAsync(byte[] archive, string target, ExtractOptions? options = null, Unlock? unlock = null)
        => ArchiveReader.ExtractAsync(
            new MemoryStream(archive), unlock ?? Unlock.WithPassphrase(Passphrase), target, options ?? new ExtractOptions(), null, default);

    public static async Task<List<ArchiveEntry>> ListAsync(byte[] archive, Unlock? unlock = null)
    {
        var entries = new List<ArchiveEntry>();
        var stream = new MemoryStream(archive);
        await foreach (ArchiveEntry entry in ArchiveReader.ListAsync(
            stream, unlock ?? Unlock.WithPassphrase(Passphrase), new ReadOptions(), default))
            entries.Add(entry);
        return entries;
    }

    /// <summary>Bytes that don't compress, the same for the same seed.</summary>
    public static byte[] Noise(int length, int seed)
    {
        using Aes aes = Aes.Create();
        aes.Key = SHA256.HashData(BitConverter.GetBytes(seed));
        return aes.EncryptEcb(Enumerable.Range(0, length / 16 + 1).SelectMany(i => new[] { (long)i, seed }.SelectMany(BitConverter.GetBytes)).ToArray(), PaddingMode.None)[..length];
    }
}
