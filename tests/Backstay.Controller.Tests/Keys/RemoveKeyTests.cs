using System.Net;
using Backstay.Archive;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Keys;

public sealed class RemoveKeyTests
{
    [Fact]
    public async Task Without_a_passphrase_archives_are_sealed_to_the_public_keys_alone()
    {
        var folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
        var setup = new Dictionary<string, string?> { ["Setup:EnableBackups"] = "true", ["Setup:BackupPassphrase"] = BackupSite.Passphrase };
        BackupKey recipient;
        await using (var first = await BackupSite.StartAsync(settings: setup, folder: folder))
        {
            recipient = await first.ImportAndConfirmAsync(await GnuPgKey.MakeAsync());
            await first.RemoveAsync((await first.KeysAsync()).Single(k => k.Kind == BackupKeyKind.Passphrase).Id);
        }

        // A new start doesn't bring the passphrase of the setup back.
        await using var host = await ControllerHost.StartAsync(settings: setup, folder: folder);
        var settings = await host.CatalogAsync(catalog => catalog.Settings.SingleAsync());
        Assert.Null(settings.ProtectedBackupPassphrase);
        Assert.True(settings.BackupApiEnabled);
        Assert.Equal(
            [(BackupKeyKind.Passphrase, true), (BackupKeyKind.Recipient, false)],
            await host.CatalogAsync(async catalog => (await catalog.BackupKeys.OrderBy(k => k.Kind).ToListAsync())
                .ConvertAll(k => (k.Kind, k.Retired is not null))));
        Assert.Equal(
            recipient.Fingerprint,
            await host.CatalogAsync(catalog => catalog.BackupKeys.Where(k => k.Retired == null).Select(k => k.Fingerprint).SingleAsync()));
        await host.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_last_key_is_not_removed_while_backups_are_made()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var passphrase = (await site.KeysAsync()).Single();
        using (var refused = await site.Admin.DeleteAsync($"{KeySite.Path}/{passphrase.Id}"))
            await refused.AssertRefusedAsync(HttpStatusCode.PreconditionFailed, ErrorIds.LastKey);
        var unconfirmed = await site.ImportAsync(await GnuPgKey.MakeAsync());
        using (var refused = await site.Admin.DeleteAsync($"{KeySite.Path}/{passphrase.Id}"))
            await refused.AssertRefusedAsync(HttpStatusCode.PreconditionFailed, ErrorIds.LastKey);
        (await site.TryConfirmAsync(unconfirmed.Id, unconfirmed.Fingerprint!)).Dispose();

        await site.RemoveAsync(passphrase.Id);

        var (backup, archive) = await site.SealBackupAsync(agent);
        Assert.Equal([unconfirmed.Fingerprint], backup.Keys!.Select(k => k.Id));
        Assert.Equal(0, (await EnvelopeInspector.InspectAsync(new MemoryStream(archive), CancellationToken.None)).Passphrases);
        using (var refused = await site.Admin.DeleteAsync($"{KeySite.Path}/{unconfirmed.Id}"))
            await refused.AssertRefusedAsync(HttpStatusCode.PreconditionFailed, ErrorIds.LastKey);
        using var enabled = await site.SendAsync(HttpMethod.Put, "/admin/global-settings", json: new GlobalSettings(BackupApiEnabled: true));
        Assert.Equal(HttpStatusCode.OK, enabled.StatusCode); // a public key is enough
    }

    [Fact]
    public async Task With_nothing_to_seal_to_a_backup_is_refused_before_it_begins()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var passphrase = (await site.KeysAsync()).Single();
        var key = await site.ImportAndConfirmAsync(await GnuPgKey.MakeAsync());
        await site.RemoveAsync(passphrase.Id);
        await site.Host.CatalogAsync(catalog => catalog.BackupKeys.Where(k => k.Id == key.Id).ExecuteUpdateAsync(
            set => set.SetProperty(k => k.Expires, TimeProvider.System.GetUtcNow().AddDays(-1))));

        using var refused = await site.TryStartAsync(agent.ApplianceId);

        await refused.AssertRefusedAsync(HttpStatusCode.ServiceUnavailable, ErrorIds.NoBackupKey);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_key_that_an_archive_needs_is_not_forgotten()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var recipient = await site.ImportAndConfirmAsync(await GnuPgKey.MakeAsync());
        var passphrase = (await site.KeysAsync()).Single(k => k.Kind == BackupKeyKind.Passphrase);
        var (backup, _) = await site.SealBackupAsync(agent);
        await site.RotateAsync("another passphrase 3");
        await site.RemoveAsync(recipient.Id); // retires it
        foreach (var key in new[] { passphrase, recipient })
        {
            using var refused = await site.Admin.DeleteAsync($"{KeySite.Path}/{key.Id}");
            await refused.AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.KeyInUse);
        }

        (await site.SendAsync(HttpMethod.Delete, BackupSite.Path(agent, backup.Id))).Dispose();
        await site.RemoveAsync(recipient.Id);
        await site.RemoveAsync(passphrase.Id);

        Assert.Equal("Passphrase", Assert.Single(await site.KeysAsync()).Kind.ToString());
        using var again = await site.Admin.DeleteAsync($"{KeySite.Path}/{recipient.Id}");
        await again.AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
    }
}
