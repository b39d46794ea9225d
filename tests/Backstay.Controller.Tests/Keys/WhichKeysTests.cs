using System.Net;
using Backstay.Archive;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Keys;

public sealed class WhichKeysTests
{
    [Fact]
    public async Task An_archive_is_told_by_its_record_and_without_one_by_trying()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var recipient = await site.ImportAndConfirmAsync(await GnuPgKey.MakeAsync());
        var passphrase = (await site.KeysAsync()).Single(k => k.Kind == BackupKeyKind.Passphrase);
        var (backup, archive) = await site.SealBackupAsync(agent);
        await site.RotateAsync("another passphrase 3");
        var head = archive[..Math.Min(archive.Length, EnvelopeInspector.HeadLength)];

        var recorded = await site.WhichAsync(head);
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteDeleteAsync());
        var tried = await site.WhichAsync(head);

        Assert.Equal(recorded, tried);
        Assert.Equal(backup.Keys!.Select(k => (k.Wrap, k.Id)), recorded.Select(k => (k.Wrap, k.Id!)));
        Assert.Equal(
            [(recipient.Name, BackupKeyState.Active), (passphrase.Name, BackupKeyState.Retired)],
            recorded.Select(k => (k.Name!, k.State!.Value)));
    }

    [Fact]
    public async Task An_archive_from_before_a_key_got_another_subkey_is_told_without_its_record()
    {
        var keys = (await GnuPgKey.RunAsync(
            """
            make Ops never 2> log
            gpg --armor --export Ops
            echo ===
            sleep 1
            gpg --batch --quiet --passphrase '' --pinentry-mode loopback --quick-add-key "$(fingerprint Ops)" cv25519 encr never
            gpg --armor --export Ops
            """)).Split("===");
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var before = await site.ImportAndConfirmAsync(keys[0].Trim());
        var (_, archive) = await site.SealBackupAsync(agent);

        var after = await site.ImportAsync(keys[1].Trim());
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteDeleteAsync());
        var wrap = (await site.WhichAsync(archive[..Math.Min(archive.Length, EnvelopeInspector.HeadLength)])).Single(k => k.Kind == BackupKeyKind.Recipient);

        Assert.NotEqual(before.SubkeyId, after.SubkeyId);
        Assert.Equal([before.SubkeyId!], after.FormerSubkeyIds!);
        Assert.Equal((before.SubkeyId, after.Fingerprint, after.Name), (wrap.Wrap, wrap.Id, wrap.Name));
        var back = await site.ImportAsync(keys[0].Trim());
        Assert.Equal((before.SubkeyId, after.SubkeyId), (back.SubkeyId, Assert.Single(back.FormerSubkeyIds!)));
    }

    [Fact]
    public async Task An_archive_of_somebody_else_is_told_as_unknown_and_what_is_no_archive_is_refused()
    {
        await using var site = await BackupSite.StartAsync();
        using var key = SessionKey.Generate();
        var foreign = await KeySite.SealAsync(key, Envelope.Wrap(key, ["nobody here knows it"], []));

        var unknown = Assert.Single(await site.WhichAsync(foreign));

        Assert.Equal((BackupKeyKind.Passphrase, null, null, null), (unknown.Kind, unknown.Id, unknown.Name, unknown.State));
        foreach (var head in new[] { "", "bm90IGFuIGFyY2hpdmU=", "not base64!", Convert.ToBase64String(foreign.AsSpan(0, 20)) })
        {
            using var refused = await site.SendAsync(HttpMethod.Post, $"{KeySite.Path}/which", json: new ArchiveHead(head));
            await refused.AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
        }
    }
}
