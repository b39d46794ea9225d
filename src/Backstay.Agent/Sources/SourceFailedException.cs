namespace Backstay.Agent.Sources;

/// <summary>A source could not be collected as a whole. The message is for people: what failed, and what to do.</summary>
/// <param name="output">What the failed program said, if it was one.</param>
internal sealed class SourceFailedException(string message, string? output = null, Exception? inner = null)
    : Exception(message, inner)
{
    public string? Output { get; } = output;
}
