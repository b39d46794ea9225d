namespace Backstay.Archive;

/// <summary>What opens an archive.</summary>
/// <param name="Passphrases">How many passphrases open it.</param>
/// <param name="RecipientKeyIds">Ids of the encryption subkeys that open it, 16 upper-case hex digits each.</param>
/// <param name="Length">Length of the envelope in bytes.</param>
/// <param name="Sha256">SHA-256 of the envelope, lower-case hex; the manifest has the same.</param>
public sealed record EnvelopeInfo(int Passphrases, IReadOnlyList<string> RecipientKeyIds, int Length, string Sha256);

/// <summary>Reads the envelope of an archive without opening it.</summary>
public static class EnvelopeInspector
{
    /// <exception cref="ArchiveException">Not an archive, cut, or an envelope beyond 64 KiB.</exception>
    public static Task<EnvelopeInfo> InspectAsync(Stream archive, CancellationToken cancellationToken)
        => throw new NotImplementedException();
}
