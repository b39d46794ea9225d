namespace Backstay.Agent.Connection;

/// <summary>The controller doesn't accept the credential. Asking again is no use; a new enrolment is.</summary>
internal sealed class CredentialRevokedException(string message) : Exception(message);
