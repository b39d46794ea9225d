using System.Security.Cryptography;
using Backstay.Archive;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Verification;

/// <summary>
/// One byte flipped in each of 508 stored archives, at random places: each strength finds all of them by itself, and nothing else. Most are
/// small; some have megabytes in hundreds of files, for all that comes after a first buffer, a first part and a first entry.
/// </summary>
public sealed class BitRotTests(ITestOutputHelper output)
{
    private const int Damaged = 500;
    private const int Untouched = 100;
    private const int LargeDamaged = 8;
    private const int LargeUntouched = 2;

    /// <summary>The least that S3 takes for a part that another one follows.</summary>
    private const int PartSize = 5 * 1024 * 1024;

    private const int AtOnce = 2;

    [Fact]
    public async Task Each_strength_finds_every_flipped_byte_and_accuses_no_untouched_archive()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddApplianceAsync();
        var places = await StoreAsync(site, agent.ApplianceId);
        foreach (var strength in new[] { VerificationStrength.Digest, VerificationStrength.Content })
        {
            await AskAsync(site, strength);
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
            {
                while (await site.VerifyNextAsync())
                {
                }
            })));

            var results = await site.ResultsAsync(strength);
            var accused = results.Where(v => v.State == VerificationRunState.Failed).Select(v => v.BackupId).ToHashSet();
            var missed = places.Where(place => place.Value is not null && !accused.Contains(place.Key)).Select(place => place.Value).ToList();
            var falseAlarms = results.Count(v => v.State != VerificationRunState.Passed && places[v.BackupId] is null);
            output.WriteLine($"{strength}: {accused.Count} of {Damaged + LargeDamaged} found, {falseAlarms} false alarms on {Untouched + LargeUntouched} untouched archives.");
            Assert.Equal(Damaged + LargeDamaged + Untouched + LargeUntouched, results.Count);
            Assert.True(missed.Count == 0, $"not found at: {string.Join(", ", missed)}");
            Assert.Equal((Damaged + LargeDamaged, 0), (accused.Count, falseAlarms));
            Assert.Equal(Damaged + LargeDamaged, await site.Host.CatalogAsync(catalog => catalog.Backups.CountAsync(b => b.Verification == VerificationState.Damaged)));
        }
    }

    /// <returns>By backup, where its byte is flipped; null: nowhere.</returns>
    private static async Task<Dictionary<Guid, string?>> StoreAsync(BackupSite site, Guid appliance)
    {
        // One key for all: making a passphrase's key is slow on purpose, and what is looked at here is what comes after it.
        using var key = SessionKey.Generate();
        var envelope = Envelope.Wrap(key, [BackupSite.Passphrase], []);
        var now = TimeProvider.System.GetUtcNow();
        Dictionary<Guid, string?> places = [];
        List<BackupEntity> backups = [];
        for (var i = 0; i < Damaged + Untouched; i++)
        {
            var id = Guid.NewGuid();
            var archive = await VerificationSite.SealAsync(id, key, envelope, RandomNumberGenerator.GetBytes(200 + i * 7));
            backups.Add(Succeeded(id, appliance, envelope, archive, now));
            places[id] = i < Damaged ? Flip(archive) : null;
            await site.Host.ReplaceAsync(new ArchiveKey(id, 1), archive);
        }

        for (var i = 0; i < LargeDamaged + LargeUntouched; i++)
        {
            var id = Guid.NewGuid();
            var archive = await VerificationSite.SealAsync(id, key, envelope, ManyFiles(1_000_000 * (8 - (i % 8))));
            backups.Add(Succeeded(id, appliance, envelope, archive, now));
            // The first three have a second part: two of them are hit there; the others anywhere behind the first buffers.
            places[id] = i < LargeDamaged ? Flip(archive, from: i < 2 ? PartSize : 512 * 1024) : null;
            await site.Host.ReplaceAsync(new ArchiveKey(id, 1), archive, PartSize);
        }

        await site.Host.CatalogAsync(async catalog =>
        {
            catalog.Backups.AddRange(backups);
            await catalog.SaveChangesAsync();
        });
        return places;
    }

    /// <summary>All of them, as if none had been looked at.</summary>
    private static Task AskAsync(BackupSite site, VerificationStrength strength) => site.Host.CatalogAsync(async catalog =>
    {
        await catalog.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.Verification, VerificationState.Verified));
        var now = TimeProvider.System.GetUtcNow();
        var backups = await catalog.Backups.Select(b => new { b.Id, b.ApplianceId }).ToListAsync();
        catalog.Verifications.AddRange(backups.Select(backup => new VerificationEntity
        {
            Id = Guid.NewGuid(),
            BackupId = backup.Id,
            ApplianceId = backup.ApplianceId,
            Strength = strength,
            State = VerificationRunState.Waiting,
            RequestedBy = "test",
            Requested = now,
        }));
        await catalog.SaveChangesAsync();
    });

    /// <summary>One file with most of it, and hundreds of small ones before and behind it.</summary>
    private static IEnumerable<(string Name, byte[] Content)> ManyFiles(int bytes)
    {
        const int small = 300;
        for (var i = 0; i < 2 * small; i++)
        {
            if (i == small)
                yield return ("etc/large", RandomNumberGenerator.GetBytes(bytes));
            yield return ($"etc/small-{i}", RandomNumberGenerator.GetBytes(i));
        }
    }

    private static string Flip(byte[] archive, int from = 0)
    {
        var (at, bit) = (RandomNumberGenerator.GetInt32(from, archive.Length), RandomNumberGenerator.GetInt32(8));
        archive[at] ^= (byte)(1 << bit);
        return $"byte {at} of {archive.Length}, bit {bit}";
    }

    private static BackupEntity Succeeded(Guid id, Guid appliance, byte[] envelope, byte[] archive, DateTimeOffset now) => new()
    {
        Id = id,
        ApplianceId = appliance,
        State = BackupState.Succeeded,
        Logs = false,
        Audit = false,
        RequestedBy = "test",
        Created = now,
        Ended = now,
        LeaseUntil = now,
        Deadline = now,
        Attempt = 1,
        Envelope = envelope,
        Size = archive.Length,
        Sha256 = SHA256.HashData(archive),
        Verification = VerificationState.Verified,
        Verified = now,
    };
}
