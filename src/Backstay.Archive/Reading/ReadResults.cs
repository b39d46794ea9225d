namespace Backstay.Archive;

/// <summary>How far reading is.</summary>
/// <param name="SealedBytes">Bytes taken from the archive.</param>
/// <param name="ContentBytes">Content bytes of files that were read from it.</param>
/// <param name="Entries">Entries.</param>
public readonly record struct ReadProgress(long SealedBytes, long ContentBytes, long Entries);

/// <summary>
/// A proven archive: it decrypts, its MDC, every SHA-256, manifest and summary are right, and nothing follows its end.
/// </summary>
/// <param name="Manifest">Its first entry.</param>
/// <param name="Summary">Its last entry.</param>
/// <param name="Entries">Entries of all kinds, without <c>backstay/</c>.</param>
/// <param name="Files">Files whose SHA-256 was checked, hard links counted.</param>
/// <param name="ContentBytes">Bytes of those.</param>
/// <param name="SealedBytes">Length of the archive.</param>
public sealed record VerificationResult(
    ArchiveManifest Manifest, ArchiveSummary Summary, long Entries, long Files, long ContentBytes, long SealedBytes);

/// <summary>An archive that was extracted and proven.</summary>
/// <param name="Verification">The proof.</param>
/// <param name="Problems">What is in the archive and not, or not fully, in the target: at most 1000.</param>
/// <param name="ProblemCount">All problems.</param>
public sealed record ExtractionResult(
    VerificationResult Verification, IReadOnlyList<ExtractionProblem> Problems, long ProblemCount);

/// <param name="Path">Name in the archive; bytes that aren't UTF-8 are shown as <c>\xHH</c>.</param>
/// <param name="Message">What is missing and why.</param>
public sealed record ExtractionProblem(string Path, string Message);
