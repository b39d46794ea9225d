namespace Backstay.Protocol.Agent;

/// <summary>
/// The controllers of a seed, and which of them is being used. All are alike, so a call goes to the one that answered last;
/// when it fails, the next in the seed's order takes its place.
/// </summary>
public sealed class AgentClientAddresses
{
    private readonly Uri[] _controllers;
    private int _current;

    /// <param name="controllers">At least one absolute https URL; anything after the host and port is ignored.</param>
    /// <exception cref="ArgumentException">None, or one that isn't an absolute https URL.</exception>
    public AgentClientAddresses(IEnumerable<string> controllers)
    {
        _controllers = [.. controllers.Select(ParseBase)];
        if (_controllers.Length == 0)
            throw new ArgumentException("There is no controller; a seed names at least one.", nameof(controllers));
    }

    /// <summary>Base URL of the controller to ask now.</summary>
    public Uri Current => _controllers[Volatile.Read(ref _current)];

    /// <summary>How many there are.</summary>
    public int Count => _controllers.Length;

    /// <summary>Moves on from a controller that could not answer; calls that failed beside each other move on once.</summary>
    public void MoveOnFrom(Uri controller)
    {
        var index = Array.IndexOf(_controllers, controller);
        if (index >= 0)
            Interlocked.CompareExchange(ref _current, (index + 1) % _controllers.Length, index);
    }

    private static Uri ParseBase(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps
            ? new Uri(uri.GetLeftPart(UriPartial.Authority))
            : throw new ArgumentException($"'{text}' is not an https URL; a controller is written as https://host:port.", nameof(text));
}
