using Backstay.Agent.Configuration;
using Backstay.Archive;
using Backstay.Protocol.Agent;

namespace Backstay.Agent.Backup;

/// <summary>How far a backup is, for the lease to carry. Written by the run, read from any thread.</summary>
internal sealed class RunProgress
{
    private const int LongestMessage = 500;
    private static readonly ArchiveProgress Nothing = new(0, 0, 0, 0, 0, null, "");

    private readonly Lock _lock = new();
    private BackupPhase _phase = BackupPhase.Planning;
    private TreeEstimate? _plan;
    private Func<ArchiveProgress> _collected = () => Nothing;
    private string _source = "";

    public void Enter(BackupPhase phase)
    {
        lock (_lock)
        {
            _phase = phase;
        }
    }

    public void Planned(TreeEstimate plan)
    {
        lock (_lock)
        {
            _plan = plan;
        }
    }

    /// <param name="progress">Counters of the archive's writer.</param>
    public void Collecting(Func<ArchiveProgress> progress)
    {
        lock (_lock)
        {
            _phase = BackupPhase.Collecting;
            _collected = progress;
        }
    }

    public void CollectingFrom(string source)
    {
        lock (_lock)
        {
            _source = source;
        }
    }

    public LeaseRenewal Snapshot()
    {
        lock (_lock)
        {
            var collected = _collected();
            var message = _phase switch
            {
                BackupPhase.Planning => "Looking at what there is to collect",
                BackupPhase.Collecting when collected is { Section: { } section, Path.Length: > 0 } =>
                    $"Collecting {section.Word()}: {collected.Path}",
                BackupPhase.Collecting => $"Collecting {_source}",
                BackupPhase.Uploading => "Sending the last parts",
                BackupPhase.Completing => "Waiting for the controller to put the archive together",
                _ => "Waiting",
            };
            // An estimate that turns out too low grows with what was found; a total below the count would be nonsense.
            return new LeaseRenewal(
                _phase, collected.Files, Most(_plan?.Files, collected.Files), collected.Bytes, Most(_plan?.Bytes, collected.Bytes),
                message.Length <= LongestMessage ? message : message[..LongestMessage]);
        }
    }

    private static long? Most(long? planned, long counted) => planned is { } total ? Math.Max(total, counted) : null;
}
