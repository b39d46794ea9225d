using System.Collections.ObjectModel;
using Backstay.Controller.Catalog;
using Backstay.Controller.Retention;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Simulation;

/// <summary>The backups of an appliance: how they end, how their proofs end, and what people do with them.</summary>
internal sealed class SimulatedHistory
{
    private static readonly Func<BackupEntity, bool> IsCandidate = Candidate.Is.Compile();
    private static readonly Func<BackupEntity, Candidate> CandidateOf = Candidate.Of.Compile();

    private readonly Random _random;
    private readonly double _failing;
    private readonly int _number;
    private BackupEntity? _running; // one at a time
    private DateTimeOffset? _replacementAsked;

    public SimulatedHistory(ApplianceEntity appliance, int number, Random random)
    {
        (Appliance, _number, _random) = (appliance, number, random);
        _failing = random.NextDouble() * 0.3;
    }

    public ApplianceEntity Appliance { get; }

    public SimulatedBackups Backups { get; } = [];

    public int Made { get; private set; }

    public int Failed { get; private set; }

    public List<Candidate> Candidates() => [.. Backups.Where(IsCandidate).Select(CandidateOf)];

    /// <param name="created">By a clock that may be wrong.</param>
    /// <param name="ends">By the right one, when it will have ended.</param>
    public void Begin(DateTimeOffset created, DateTimeOffset now, DateTimeOffset ends)
    {
        End(now);
        Assert.Null(_running);
        Made++;
        _running = new BackupEntity
        {
            Id = new Guid(_random.Next(), (short)_number, 0, BitConverter.GetBytes((long)Made)),
            ApplianceId = Appliance.Id,
            State = BackupState.Running,
            Logs = false,
            Audit = false,
            RequestedBy = "simulation",
            Created = created,
            LeaseUntil = ends,
            Deadline = ends,
            Envelope = [],
            Size = 1000,
        };
        Backups.Add(_running);
    }

    /// <summary>One day's ends, proofs, people and faults.</summary>
    /// <returns>Whether a backup was found damaged for which another one is to be made at once: one for each that was good since.</returns>
    public bool Live(DateTimeOffset now)
    {
        End(now);
        var damaged = false;
        foreach (var backup in Backups.Where(b => b is { State: BackupState.Succeeded, Verification: VerificationState.Pending }))
            damaged |= Prove(backup, now);
        if (Backups.Count > 0)
        {
            var some = Backups[_random.Next(Backups.Count)];
            switch (_random.Next(60))
            {
                case 0:
                    (some.HeldBy, some.HoldReason) = some.HeldBy is null ? ("anna", "case") : (null, null);
                    break;
                case 1:
                    some.LockedUntil = now.AddDays(_random.Next(200));
                    break;
                case 2 when some.State == BackupState.Succeeded:
                    some.Verification = VerificationState.Damaged;
                    damaged = true;
                    break;
                case 3 when some.State != BackupState.Running && some.HeldBy is null && !(some.LockedUntil > now):
                    some.Deleted = now; // by a client
                    break;
            }
        }

        // Holds don't last for ever, or all would be held in the end.
        foreach (var held in Backups.Where(b => b.HeldBy is not null && _random.Next(50) == 0))
            held.HeldBy = null;
        Backups.RemoveWhere(b => b.Deleted < now || (b.State == BackupState.Failed && _random.Next(20) == 0));
        return damaged && AsksAnew(now);
    }

    private void End(DateTimeOffset now)
    {
        if (_running is null || _running.Deadline > now)
            return;
        var fails = _random.NextDouble() < _failing;
        _running.State = fails ? BackupState.Failed : BackupState.Succeeded;
        _running.Verification = fails ? null : VerificationState.Pending;
        Failed += fails ? 1 : 0;
        _running = null;
    }

    /// <returns>Whether it is damaged.</returns>
    private bool Prove(BackupEntity backup, DateTimeOffset now)
    {
        backup.Verification = _random.Next(30) switch
        {
            0 => VerificationState.Damaged,
            < 20 => VerificationState.Verified,
            _ => VerificationState.Pending, // nobody came to it that day
        };
        if (backup.Verification == VerificationState.Verified)
        {
            (backup.Verified, var proofs) = (now, _random.Next(39));
            backup.ContentVerified = proofs % 13 == 0 ? now : null;
            backup.Drilled = proofs == 0 ? now : null;
        }

        return backup.Verification == VerificationState.Damaged;
    }

    private bool AsksAnew(DateTimeOffset now)
    {
        if (_replacementAsked is { } asked && !Backups.Any(b => b.Verification == VerificationState.Verified && b.Verified > asked))
            return false;
        _replacementAsked = now;
        return true;
    }

    internal sealed class SimulatedBackups : KeyedCollection<Guid, BackupEntity>
    {
        public void RemoveWhere(Func<BackupEntity, bool> condition)
        {
            foreach (var backup in this.Where(condition).ToList())
                Remove(backup.Id);
        }

        protected override Guid GetKeyForItem(BackupEntity item) => item.Id;
    }
}
