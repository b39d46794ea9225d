using System.Text.Json;
using Backstay.Controller.Appliances;
using Backstay.Controller.Backups;
using Backstay.Controller.Keys;
using Backstay.Controller.Notifications;
using Backstay.Controller.Retention;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Catalog;

/// <summary>
/// Makes the rows of backups and appliances again from the sidecars in the store (DESIGN section 8). It only adds: a row that is there
/// stays as it is, and nothing in the store is touched. The exceptions are a backup that the catalog takes for unfinished although its
/// archive is whole: the catalog is a copy from before its end, and would throw the archive away; and holds and locks that the catalog
/// doesn't know yet (<see cref="ProtectionRebuild"/>).
/// </summary>
internal sealed class CatalogRebuild(CatalogContext catalog, IArchiveStore store, NotificationOutbox outbox, TimeProvider time)
{
    private const int Batch = 200;
    private const int ReadAtOnce = 16;
    private const int MaxApplianceName = 128;

    /// <param name="problem">Told of what needs a person's eye, a line each.</param>
    /// <param name="progress">Told how many of how many sidecars were looked at.</param>
    public async Task<RebuildReport> RunAsync(Action<string> problem, Action<int, int> progress, CancellationToken cancellationToken)
    {
        var report = new RebuildReport();

        // Both lists whole before anything is done: a listing that fails has said nothing. A hundred bytes an archive.
        Dictionary<ArchiveKey, long> objects = [];
        await foreach (var item in store.ListAsync(cancellationToken))
        {
            if (item.Finished)
                objects[item.Key] = item.Size;
        }

        HashSet<ArchiveKey> sidecars = [];
        await foreach (var key in store.ListSidecarsAsync(cancellationToken))
            sidecars.Add(key);

        // The newest first: an appliance is what its last backup knew of it. Of one backup's attempts, the last one counts.
        List<ArchiveKey> usable = [];
        foreach (var attempts in objects.Keys.Union(sidecars).GroupBy(key => key.BackupId).OrderByDescending(backup => backup.Key))
        {
            var last = attempts.MaxBy(key => key.Attempt);
            if (objects.ContainsKey(last) && sidecars.Contains(last))
                usable.Add(last);
            else
                await TellIncompleteAsync(last, objects.ContainsKey(last));
        }

        report.Archives = usable.Count;

        // What these were kept by went with the catalog: what a start has made in its place is nobody's word for letting them go.
        if (usable.Count > 0 && !await catalog.Backups.AnyAsync(cancellationToken))
            await DefaultPolicy.AwaitConfirmationAsync(catalog, cancellationToken);
        for (var done = 0; done < usable.Count; done += Batch)
        {
            var batch = usable.GetRange(done, Math.Min(Batch, usable.Count - done));
            await AddAsync(batch);
            progress(done + batch.Count, usable.Count);
        }

        await TellLostAsync();
        return report;

        async Task TellIncompleteAsync(ArchiveKey key, bool hasObject)
        {
            // A deletion that was cut off leaves such a thing, and its row finishes it; so does an upload that is just being completed.
            if (await catalog.Backups.AnyAsync(b => b.Id == key.BackupId, cancellationToken))
                return;

            Tell(hasObject
                ? $"{key} has no sidecar: nothing says whose archive it is, as an archive tells that only to its passphrase. It was never reported as a success, and stays."
                : $"{key} has a sidecar and no archive. The sidecar stays.");
        }

        async Task AddAsync(List<ArchiveKey> keys)
        {
            var read = new ArchiveSidecar?[keys.Count];
            var known = await KnownAsync(keys, cancellationToken);
            var unknown = Enumerable.Range(0, keys.Count).Where(i => !known.TryGetValue(keys[i].BackupId, out var row) || row.Unfinished).ToList();
            report.Known += keys.Count - unknown.Count;
            string?[] wrong = new string?[keys.Count];
            await Parallel.ForEachAsync(
                unknown,
                new ParallelOptions { MaxDegreeOfParallelism = ReadAtOnce, CancellationToken = cancellationToken },
                async (i, token) => (read[i], wrong[i]) = await ReadAsync(keys[i], objects[keys[i]], token));
            foreach (var reason in wrong.OfType<string>())
                Tell(reason);
            await SaveAsync([.. read.OfType<ArchiveSidecar>()], report, Tell, cancellationToken);
            await ProtectionRebuild.AdoptAsync(catalog, store, keys.Where(key => known.ContainsKey(key.BackupId)), cancellationToken);
        }

        async Task TellLostAsync()
        {
            await foreach (var row in catalog.Backups.AsNoTracking()
                .Where(b => b.State == BackupState.Succeeded && b.Deleted == null)
                .Select(b => new { b.Id, b.Attempt, b.ApplianceId })
                .AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                if (!objects.ContainsKey(new ArchiveKey(row.Id, row.Attempt)) && await IsLostAsync(new ArchiveKey(row.Id, row.Attempt)))
                    Tell($"Backup {row.Id} of appliance {row.ApplianceId} is in the catalog, but its archive isn't in the store.");
            }
        }

        // The list may be older than the row.
        async Task<bool> IsLostAsync(ArchiveKey key) => await store.GetLengthAsync(key, cancellationToken) is null;

        void Tell(string line)
        {
            report.Problems++;
            problem(line);
        }
    }

    private async Task<(ArchiveSidecar? Sidecar, string? Wrong)> ReadAsync(ArchiveKey key, long size, CancellationToken cancellationToken)
    {
        if (await store.ReadSidecarAsync(key, cancellationToken) is not { } json)
            return (null, $"{key} has no sidecar any more.");

        try
        {
            var sidecar = ArchiveSidecar.FromJson(json);
            return sidecar.Key != key ? (null, $"{key} has the sidecar of {sidecar.Key}.")
                : sidecar.Size != size ? (null, $"{key} has {size} bytes; its sidecar says {sidecar.Size}.")
                : (sidecar, null);
        }
        catch (JsonException exception)
        {
            return (null, $"{key} has a sidecar that can't be read: {exception.Message}");
        }
    }

    private Task<Dictionary<Guid, (bool Unfinished, bool LeaseIsOver)>> KnownAsync(
        IEnumerable<ArchiveKey> keys, CancellationToken cancellationToken)
    {
        var (ids, now) = (keys.Select(key => key.BackupId).ToList(), time.GetUtcNow());
        return catalog.Backups.AsNoTracking()
            .Where(b => EF.Parameter(ids).Contains(b.Id))
            .Select(b => new { b.Id, Unfinished = b.State < BackupState.Succeeded, LeaseIsOver = b.LeaseUntil <= now })
            .ToDictionaryAsync(b => b.Id, b => (b.Unfinished, b.LeaseIsOver), cancellationToken);
    }

    private async Task SaveAsync(
        IReadOnlyList<ArchiveSidecar> sidecars, RebuildReport report, Action<string> tell, CancellationToken cancellationToken)
    {
        // A controller that serves, or the same command elsewhere, may add one of these in between: then all of them are looked at anew.
        for (var attempt = 1; ; attempt++)
        {
            var (added, appliances, adopted, problems) = (0, 0, 0, new List<string>());
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            try
            {
                var known = await KnownAsync(sidecars.Select(sidecar => sidecar.Key), cancellationToken);
                foreach (var sidecar in sidecars)
                {
                    if (!known.TryGetValue(sidecar.BackupId, out var row))
                    {
                        appliances += await AddApplianceAsync(sidecar, problems, cancellationToken);
                        catalog.Backups.Add(RowOf(sidecar));
                        added++;
                    }
                    else if (row is { Unfinished: true, LeaseIsOver: false })
                    {
                        problems.Add($"{sidecar.Key} is being completed at this moment, or was when the catalog was copied. Run this again in a minute.");
                    }
                    else if (row.Unfinished && await AdoptAsync(sidecar, cancellationToken))
                    {
                        adopted++;
                    }
                }

                await catalog.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
            catch (DbUpdateException exception) when (exception.IsTaken() && attempt < 5)
            {
                catalog.ChangeTracker.Clear();
                continue;
            }

            catalog.ChangeTracker.Clear();
            report.Added += added + adopted;
            report.Appliances += appliances;
            report.Known += sidecars.Count - added - adopted - problems.Count(p => p.EndsWith("minute.", StringComparison.Ordinal));
            problems.ForEach(tell);
            return;
        }
    }

    /// <summary>1 when the appliance wasn't there. It has no credential: its agent has to be enrolled.</summary>
    private async Task<int> AddApplianceAsync(ArchiveSidecar sidecar, List<string> problems, CancellationToken cancellationToken)
    {
        if (await catalog.Appliances.FindAsync([sidecar.ApplianceId], cancellationToken) is not null)
            return 0;

        var name = sidecar.ApplianceName;
        if (await catalog.Appliances.AnyAsync(a => a.Name == name, cancellationToken)
            || catalog.Appliances.Local.Any(a => string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            var suffix = $" ({sidecar.ApplianceId})";
            name = name[..Math.Min(name.Length, MaxApplianceName - suffix.Length)] + suffix;
            problems.Add($"Appliance {sidecar.ApplianceId} was called {sidecar.ApplianceName}, as another one is now. It is listed as {name}.");
        }

        var facts = sidecar.Appliance;
        catalog.Appliances.Add(new ApplianceEntity
        {
            Id = sidecar.ApplianceId,
            Name = name,
            Hostname = facts?.Hostname,
            Site = facts?.Site,
            SiteName = facts?.SiteName,
            Notes = facts?.Notes,
            Tags = [.. facts?.Tags ?? []],
            Functions = (facts?.Functions ?? [])
                .Select(ApplianceRoles.Parse)
                .Aggregate(facts is null ? ApplianceFunctions.LogServer : ApplianceFunctions.None, (all, one) => all | (one ?? ApplianceFunctions.None)),
            Created = facts?.Created ?? sidecar.Created,
            Updated = time.GetUtcNow(),
            AgentVersion = sidecar.AgentVersion,
            LastSeen = sidecar.Completed,
        });
        return 1;
    }

    private static BackupEntity RowOf(ArchiveSidecar sidecar) => new()
    {
        Id = sidecar.BackupId,
        ApplianceId = sidecar.ApplianceId,
        State = BackupState.Succeeded,
        Logs = sidecar.Logs,
        Audit = sidecar.Audit,
        RequestedBy = sidecar.RequestedBy,
        Created = sidecar.Created,
        Started = sidecar.Started,
        Ended = sidecar.Completed,
        LeaseUntil = sidecar.Completed,
        Deadline = sidecar.Completed,
        Attempt = sidecar.Attempt,
        AgentVersion = sidecar.AgentVersion,
        Phase = BackupPhase.Completing,
        Files = sidecar.Summary.Files,
        Bytes = sidecar.Summary.Bytes,
        Message = BackupEnding.MessageOf(sidecar.Summary),
        Envelope = [],
        Keys = sidecar.Keys is { } keys ? OpeningKeys.ToJson(keys) : null,
        Parts = sidecar.Parts,
        Size = sidecar.Size,
        Sha256 = Convert.FromHexString(sidecar.Sha256),
        Summary = JsonSerializer.Serialize(sidecar.Summary, AgentJson.Default.UploadSummary),
        ArchiveFiles = sidecar.Summary.Files,
        Warnings = sidecar.Summary.Warnings,
        Verification = VerificationState.Pending,
        HeldBy = sidecar.Protection?.HeldBy,
        HoldReason = sidecar.Protection?.HoldReason,
        HeldSince = sidecar.Protection?.HeldSince,
        LockedUntil = sidecar.Protection?.LockedUntil,
        LockedBy = sidecar.Protection?.LockedBy,
        ProtectionVersion = sidecar.Protection?.Version ?? 0,
        StoredProtectionVersion = sidecar.Protection?.Version ?? 0,
    };

    /// <summary>
    /// The backup succeeded after the catalog was copied. False when somebody else has ended it, or it goes on. What its notification
    /// says is due again: nobody knows whether it was delivered.
    /// </summary>
    private async Task<bool> AdoptAsync(ArchiveSidecar sidecar, CancellationToken cancellationToken)
    {
        var (row, now) = (RowOf(sidecar), time.GetUtcNow());
        var adopted = await catalog.Backups
            .Where(b => b.Id == row.Id && b.State < BackupState.Succeeded && b.LeaseUntil <= now)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(b => b.State, BackupState.Succeeded)
                    .SetProperty(b => b.Attempt, row.Attempt)
                    .SetProperty(b => b.Started, row.Started)
                    .SetProperty(b => b.Ended, row.Ended)
                    .SetProperty(b => b.AgentVersion, row.AgentVersion)
                    .SetProperty(b => b.Message, row.Message)
                    .SetProperty(b => b.Keys, row.Keys)
                    .SetProperty(b => b.Parts, row.Parts)
                    .SetProperty(b => b.Size, row.Size)
                    .SetProperty(b => b.Sha256, row.Sha256)
                    .SetProperty(b => b.Summary, row.Summary)
                    .SetProperty(b => b.ArchiveFiles, row.ArchiveFiles)
                    .SetProperty(b => b.Warnings, row.Warnings)
                    .SetProperty(b => b.Verification, row.Verification)
                    .SetProperty(b => b.ProtectedSessionKey, (byte[]?)null),
                cancellationToken);
        if (adopted == 0)
            return false;

        await catalog.Parts.Where(p => p.BackupId == row.Id).ExecuteDeleteAsync(cancellationToken);
        var whole = await catalog.Backups.AsNoTracking().FirstAsync(b => b.Id == row.Id, cancellationToken);
        outbox.Add(catalog, whole, sidecar.ApplianceName);
        return true;
    }
}
