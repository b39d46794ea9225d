using System.Text.RegularExpressions;

namespace Backstay.Chaos.Running;

/// <summary>A real controller on a port of its own.</summary>
internal sealed partial class ControllerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    private readonly IReadOnlyDictionary<string, string> _settings;
    private volatile bool _listens;

    /// <param name="settings">As environment.</param>
    public ControllerProcess(string name, string logFile, int port, IReadOnlyDictionary<string, string> settings, Action<ChildProcess, string> heard)
    {
        Port = port;
        _settings = settings;
        Process = new ChildProcess(name, Programs.Controller, logFile, (speaker, line) =>
        {
            Hear(line);
            heard(speaker, line);
        });
    }

    public int Port { get; }

    public ChildProcess Process { get; }

    /// <summary>SHA-256 of its certificate's public key, base64, as it says itself at its start.</summary>
    public string Pin { get; private set; } = "";

    /// <summary>
    /// Starts it, as often as a service manager would: what it needs may not be there yet. Returns when it listens.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _listens = false;
        var started = await Patience.UntilAsync(
            () =>
            {
                if (!_listens && !Process.IsRunning)
                    Process.Start([], _settings);
                return _listens;
            },
            StartLimit,
            cancellationToken);
        if (!started)
            throw new OutOfPatienceException($"{Process.Name} does not start; its log says why", null);
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private void Hear(string line)
    {
        if (line.Contains("Now listening on", StringComparison.Ordinal))
            _listens = true;
        else if (KeyOfCertificate().Match(line) is { Success: true } key)
            Pin = key.Groups[1].Value;
    }

    [GeneratedRegex("key of this controller's certificate is sha256/([A-Za-z0-9+/=]{44})")]
    private static partial Regex KeyOfCertificate();
}
