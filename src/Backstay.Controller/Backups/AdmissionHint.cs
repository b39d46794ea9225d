namespace Backstay.Controller.Backups;

/// <summary>A backup waits, or one has ended and its place is free.</summary>
internal sealed class AdmissionHint(TimeProvider time) : Hint(time);
