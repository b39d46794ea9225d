using Backstay.Protocol.Admin;

namespace Backstay.Controller.Verification;

/// <summary>What looking at an archive came to.</summary>
/// <param name="State">Passed, failed or impossible.</param>
/// <param name="Message">What was found, and what to do about it.</param>
/// <param name="Bytes">Sealed bytes that were read.</param>
/// <param name="Files">Whose content was compared; null: the strength looks at none.</param>
internal sealed record Proof(VerificationRunState State, string Message, long Bytes, long? Files = null)
{
    public static Proof Failed(string message, long bytes) => new(VerificationRunState.Failed, message, bytes);

    public static Proof Impossible(string message, long bytes) => new(VerificationRunState.Impossible, message, bytes);
}
