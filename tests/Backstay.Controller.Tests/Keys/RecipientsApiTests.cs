using System.Net;
using Backstay.Archive;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Keys;

public sealed class RecipientsApiTests
{
    [Fact]
    public async Task A_public_key_is_used_once_its_fingerprint_was_confirmed_and_not_before()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var key = await site.ImportAsync(await GnuPgKey.MakeAsync());
        Assert.Equal((BackupKeyState.Unconfirmed, "Ops <ops@example.com>", 40), (key.State, key.Name, key.Fingerprint!.Length));
        Assert.Equal([BackupKeyKind.Passphrase], (await site.SealBackupAsync(agent)).Backup.Keys!.Select(k => k.Kind));

        using (var wrong = await site.TryConfirmAsync(key.Id, string.Concat(key.Fingerprint.Reverse())))
            await wrong.AssertRefusedAsync(HttpStatusCode.PreconditionFailed, ErrorIds.FingerprintDiffers);
        using (var part = await site.TryConfirmAsync(key.Id, key.Fingerprint[..16]))
            await part.AssertRefusedAsync(HttpStatusCode.PreconditionFailed, ErrorIds.FingerprintDiffers);
        var spoken = string.Join(' ', key.Fingerprint.ToLowerInvariant().Chunk(4).Select(four => new string(four)));
        var confirmed = await (await site.TryConfirmAsync(key.Id, spoken)).AssertOkAsync(AdminJson.Default.BackupKey);

        Assert.Equal(BackupKeyState.Active, confirmed.State);
        Assert.NotNull(confirmed.ConfirmedBy);
        var (backup, archive) = await site.SealBackupAsync(agent);
        Assert.Equal([key.Fingerprint], backup.Keys!.Where(k => k.Kind == BackupKeyKind.Recipient).Select(k => k.Id));
        var envelope = await EnvelopeInspector.InspectAsync(new MemoryStream(archive), CancellationToken.None);
        Assert.Equal((key.SubkeyId, 1), (Assert.Single(envelope.RecipientKeyIds), envelope.Passphrases));
        Assert.Equal(
            ["backup-key.import", "backup-key.confirm"],
            await site.Host.CatalogAsync(catalog => catalog.AuditLog.Where(a => a.Action.StartsWith("backup-key"))
                .OrderBy(a => a.Sequence).Select(a => a.Action).ToListAsync()));
    }

    [Theory]
    [InlineData("make Old seconds=1 2> log; sleep 2; gpg --armor --export Old", "expired")]
    [InlineData("make Gone never 2> log; sed 's/^:-----/-----/' openpgp-revocs.d/*.rev | gpg --batch --quiet --import 2> log; gpg --armor --export Gone", "revoked")]
    [InlineData("gpg --batch --quiet --passphrase '' --quick-gen-key Signer ed25519 cert never 2> log; gpg --armor --export Signer", "no encryption subkey")]
    [InlineData("make Secret never 2> log; gpg --batch --armor --export-secret-keys Secret", "isn't an OpenPGP public key")]
    [InlineData("make One never 2> log; make Two never 2> log; gpg --armor --export", "one by one")]
    [InlineData("echo 'not a key'", "isn't an OpenPGP public key")]
    public async Task A_key_that_nothing_can_be_sealed_to_is_refused_and_it_is_said_why(string script, string why)
    {
        var key = await GnuPgKey.RunAsync(script);
        await using var site = await BackupSite.StartAsync();

        using var refused = await site.TryImportAsync(key);

        var error = await refused.AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
        Assert.Equal("publicKey", error.Errors!.Single().Field);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(await site.KeysAsync(), k => k.Kind == BackupKeyKind.Recipient);
    }

    [Fact]
    public async Task A_renewed_key_stays_confirmed_and_a_retired_one_has_to_be_confirmed_again()
    {
        var keys = (await GnuPgKey.RunAsync(
            """
            make Ops 10d 2> log
            gpg --armor --export Ops
            echo ===
            gpg --batch --quiet --passphrase '' --pinentry-mode loopback --quick-set-expire "$(fingerprint Ops)" 2y
            gpg --batch --quiet --passphrase '' --pinentry-mode loopback --quick-set-expire "$(fingerprint Ops)" 2y '*'
            gpg --export Ops | base64 -w0
            """)).Split("===");
        await using var site = await BackupSite.StartAsync();
        var first = await site.ImportAndConfirmAsync(keys[0]);
        Assert.True(first.ExpiresSoon);

        var renewed = await site.ImportAsync(keys[1].Trim());

        Assert.Equal((first.Id, BackupKeyState.Active, false), (renewed.Id, renewed.State, renewed.ExpiresSoon));
        Assert.True(renewed.Expires > first.Expires!.Value.AddDays(300));
        await site.RemoveAsync(first.Id);
        Assert.Equal(BackupKeyState.Unconfirmed, (await site.ImportAsync(keys[0])).State);
    }

    [Fact]
    public async Task A_list_that_is_full_takes_no_further_key()
    {
        await using var site = await BackupSite.StartAsync();
        var keys = (await GnuPgKey.RunAsync(
            """
            for i in $(seq 21); do make "Key $i" never 2> log; gpg --armor --export "Key $i"; echo ===; done
            """)).Split("===", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var key in keys[..20])
            await site.ImportAsync(key);

        using var refused = await site.TryImportAsync(keys[20]);

        await refused.AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        Assert.Equal(20, (await site.KeysAsync()).Count(k => k.Kind == BackupKeyKind.Recipient));
    }
}
