namespace Backstay.Controller.Verification;

/// <summary>There is an archive to look at.</summary>
internal sealed class VerificationHint(TimeProvider time) : Hint(time);
