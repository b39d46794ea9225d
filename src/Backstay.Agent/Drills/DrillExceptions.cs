namespace Backstay.Agent.Drills;

/// <summary>This machine can't, now: that says nothing about the archive, and the drill is tried again.</summary>
internal sealed class DrillImpossibleException(string message) : Exception(message);

/// <summary>The archive is not what it should be.</summary>
internal sealed class DrillFailedException(string message) : Exception(message);

/// <summary>The drill is no longer this machine's; nothing more is said about it.</summary>
internal sealed class DrillOverException(string message) : Exception(message);
