using System.Net;
using System.Net.Http.Json;
using Backstay.Archive;
using Backstay.Controller.Keys;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Keys;

public sealed class PassphraseApiTests
{
    private const string Second = "a second passphrase 2";

    [Fact]
    public async Task A_rotated_passphrase_stays_known_by_its_id_and_each_archive_opens_with_that_of_its_day()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (before, oldArchive) = await site.SealBackupAsync(agent);

        var second = await site.RotateAsync(Second);

        var (after, newArchive) = await site.SealBackupAsync(agent);
        var first = (await site.KeysAsync())[0];
        Assert.Equal((BackupKeyState.Retired, BackupKeyState.Active), (first.State, second.State));
        Assert.Equal((first.Id.ToString(), second.Id.ToString()), (before.Keys!.Single().Id, after.Keys!.Single().Id));
        Assert.Equal((BackupSite.Passphrase, Second), (await site.RevealAsync(first.Id), await site.RevealAsync(second.Id)));
        foreach (var (archive, backup, opens) in new[] { (oldArchive, before, BackupSite.Passphrase), (newArchive, after, Second) })
        {
            Assert.Equal([opens], await PassphrasesAsync(site, backup.Id));
            await ArchiveReader.VerifyAsync(
                new MemoryStream(archive), Unlock.WithPassphrase(opens), new VerifyOptions(), null, CancellationToken.None);
        }

        Assert.Equal(
            [$"{first.Id}", $"{second.Id}"],
            await site.Host.CatalogAsync(catalog => catalog.AuditLog.Where(a => a.Action == "backup-key.reveal")
                .OrderBy(a => a.Sequence).Select(a => a.Detail).ToListAsync()));
    }

    [Fact]
    public async Task The_settings_rotate_too_and_a_passphrase_has_one_id_for_ever()
    {
        await using var site = await BackupSite.StartAsync();
        var first = (await site.KeysAsync()).Single();

        await PutAsync(site, BackupSite.Passphrase);
        Assert.Equal(first, (await site.KeysAsync()).Single());
        await PutAsync(site, Second);
        var second = (await site.KeysAsync()).Single(k => k.State == BackupKeyState.Active);
        Assert.NotEqual(first.Id, second.Id);
        using (var same = await site.TryRotateAsync(Second))
            await same.AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
        var back = await site.RotateAsync(BackupSite.Passphrase);

        Assert.Equal((first.Id, BackupKeyState.Active), (back.Id, back.State));
        Assert.Equal(2, (await site.KeysAsync()).Count);
        using var shorter = await site.TryRotateAsync("too short", name: " ");
        var error = await shorter.AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
        Assert.Equal(["name", "passphrase"], error.Errors!.Select(e => e.Field).Distinct().Order());
    }

    [Fact]
    public async Task Of_a_backup_without_a_record_every_passphrase_is_tried()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.SealBackupAsync(agent);
        await site.RotateAsync(Second);
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.Keys, (string?)null)));

        Assert.Equal([Second, BackupSite.Passphrase], await PassphrasesAsync(site, backup.Id));
    }

    [Fact]
    public async Task Reading_changing_and_revealing_are_three_privileges()
    {
        await using var site = await BackupSite.StartAsync();
        var id = (await site.KeysAsync()).Single().Id;
        var reader = await site.Host.SignInAsync(new Privilege(PrivilegeType.View, PrivilegeTarget.GlobalSetting));
        var editor = await site.Host.SignInAsync(new Privilege(PrivilegeType.Edit, PrivilegeTarget.GlobalSetting));
        var exporter = await site.Host.SignInAsync(new Privilege(PrivilegeType.Export, PrivilegeTarget.GlobalSetting));

        var expected = new[] { (reader, 200, 403, 403), (editor, 403, 200, 403), (exporter, 403, 403, 200) };
        foreach (var (client, read, change, reveal) in expected)
        {
            using var list = await client.GetAsync($"{KeySite.Path}/{id}");
            using var rotated = await client.PostAsJsonAsync($"{KeySite.Path}/rotate-passphrase", new PassphraseRotation(Second));
            using var revealed = await client.PostAsync($"{KeySite.Path}/{id}/reveal", null);
            Assert.Equal((read, change, reveal), ((int)list.StatusCode, (int)rotated.StatusCode, (int)revealed.StatusCode));
        }
    }

    private static async Task PutAsync(BackupSite site, string passphrase)
    {
        using var answer = await site.SendAsync(HttpMethod.Put, "/admin/global-settings", json: new GlobalSettings(BackupPassphrase: passphrase));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task<IReadOnlyList<string>> PassphrasesAsync(BackupSite site, Guid backup)
    {
        await using var scope = site.Host.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<BackupKeyring>()
            .PassphrasesForAsync((await site.RowAsync(backup))!, CancellationToken.None);
    }
}
