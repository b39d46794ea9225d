using System.Security.Cryptography;
using Backstay.Archive;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Verification;

/// <summary>One byte flipped in each of 500 stored archives, at random places: each strength finds all of them by itself, and nothing else.</summary>
public sealed class BitRotTests(ITestOutputHelper output)
{
    private const int Damaged = 500;
    private const int Untouched = 100;
    private const int AtOnce = 2;

    [Theory]
    [InlineData(VerificationStrength.Digest)]
    [InlineData(VerificationStrength.Content)]
    public async Task Every_flipped_byte_is_found_and_no_untouched_archive_is_accused(VerificationStrength strength)
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddApplianceAsync();
        var places = await StoreAsync(site, agent.ApplianceId, strength);

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
        output.WriteLine($"{strength}: {accused.Count} of {Damaged} found, {falseAlarms} false alarms on {Untouched} untouched archives.");
        Assert.Equal(Damaged + Untouched, results.Count);
        Assert.True(missed.Count == 0, $"not found at: {string.Join(", ", missed)}");
        Assert.Equal((Damaged, 0), (accused.Count, falseAlarms));
        Assert.Equal(Damaged, await site.Host.CatalogAsync(catalog => catalog.Backups.CountAsync(b => b.Verification == VerificationState.Damaged)));
    }

    /// <returns>By backup, where its byte is flipped; null: nowhere.</returns>
    private static async Task<Dictionary<Guid, string?>> StoreAsync(BackupSite site, Guid appliance, VerificationStrength strength)
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

        await site.Host.CatalogAsync(async catalog =>
        {
            catalog.Backups.AddRange(backups);
            catalog.Verifications.AddRange(backups.Select(backup => new VerificationEntity
            {
                Id = Guid.NewGuid(),
                BackupId = backup.Id,
                ApplianceId = appliance,
                Strength = strength,
                State = VerificationRunState.Waiting,
                RequestedBy = "test",
                Requested = now,
            }));
            await catalog.SaveChangesAsync();
        });
        return places;
    }

    private static string Flip(byte[] archive)
    {
        var (at, bit) = (RandomNumberGenerator.GetInt32(archive.Length), RandomNumberGenerator.GetInt32(8));
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
