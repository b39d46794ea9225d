using System.Net;
using System.Net.Http.Json;
using Backstay.Archive;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Keys;

/// <summary>What tests of keys ask of a controller.</summary>
internal static class KeySite
{
    public const string Path = "/admin/backup-keys";

    public static async Task<IReadOnlyList<BackupKey>> KeysAsync(this BackupSite site) =>
        (await site.Admin.GetFromJsonAsync($"{Path}?orderBy=created", AdminJson.Default.PagedListBackupKey))!.Data;

    public static Task<HttpResponseMessage> TryImportAsync(this BackupSite site, string publicKey, string? name = null) =>
        site.SendAsync(HttpMethod.Post, Path, json: new BackupKeyImport(publicKey, name));

    public static async Task<BackupKey> ImportAsync(this BackupSite site, string publicKey, string? name = null) =>
        await (await site.TryImportAsync(publicKey, name)).AssertOkAsync(AdminJson.Default.BackupKey);

    public static async Task<BackupKey> ImportAndConfirmAsync(this BackupSite site, string publicKey)
    {
        var key = await site.ImportAsync(publicKey);
        return await (await site.TryConfirmAsync(key.Id, key.Fingerprint!)).AssertOkAsync(AdminJson.Default.BackupKey);
    }

    public static Task<HttpResponseMessage> TryConfirmAsync(this BackupSite site, Guid id, string fingerprint) =>
        site.SendAsync(HttpMethod.Post, $"{Path}/{id}/confirm", json: new FingerprintConfirmation(fingerprint));

    public static Task<HttpResponseMessage> TryRotateAsync(this BackupSite site, string passphrase, string? name = null) =>
        site.SendAsync(HttpMethod.Post, $"{Path}/rotate-passphrase", json: new PassphraseRotation(passphrase, name));

    public static async Task<BackupKey> RotateAsync(this BackupSite site, string passphrase) =>
        await (await site.TryRotateAsync(passphrase)).AssertOkAsync(AdminJson.Default.BackupKey);

    public static async Task RemoveAsync(this BackupSite site, Guid id)
    {
        using var answer = await site.Admin.DeleteAsync($"{Path}/{id}");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    public static async Task<string> RevealAsync(this BackupSite site, Guid id) =>
        (await (await site.Admin.PostAsync($"{Path}/{id}/reveal", null)).AssertOkAsync(AdminJson.Default.RevealedPassphrase)).Passphrase;

    public static async Task<IReadOnlyList<KnownWrap>> WhichAsync(this BackupSite site, byte[] head) =>
        (await (await site.SendAsync(HttpMethod.Post, $"{Path}/which", json: new ArchiveHead(Convert.ToBase64String(head))))
            .AssertOkAsync(AdminJson.Default.ArchiveKeys)).Wraps;

    /// <summary>A backup whose archive is a real one, sealed as an agent does it.</summary>
    public static async Task<(Backup Backup, byte[] Archive)> SealBackupAsync(this BackupSite site, RawAgent agent)
    {
        var id = await site.StartBackupAsync(agent);
        var session = await agent.OpenAsync(id);
        using var key = new SessionKey(session.SessionKey);
        var archive = await SealAsync(key, session.Envelope);
        await agent.PutAllAsync(id, session.Attempt, archive);
        using var done = await agent.CompleteAsync(id, session.Attempt, archive);
        Assert.Equal(HttpStatusCode.NoContent, done.StatusCode);
        return (await site.BackupAsync(id), archive);
    }

    public static async Task<byte[]> SealAsync(SessionKey key, byte[] envelope)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var output = new MemoryStream();
        var manifest = new ArchiveManifest
        {
            ApplianceName = "gw",
            ApplianceId = Guid.NewGuid(),
            BackupId = Guid.NewGuid(),
            AgentVersion = "1.2.3",
            Sections = [ArchiveSection.Config],
            Started = now,
            Hostname = "gw",
        };
        await using (var writer = ArchiveWriter.Create(output, key, envelope, manifest, new ArchiveWriterOptions()))
            await writer.FinishAsync(now, CancellationToken.None);
        return output.ToArray();
    }

    public static async Task<Backup> BackupAsync(this BackupSite site, Guid id) =>
        (await site.Admin.GetFromJsonAsync($"/admin/backups?filterBy=id:{id}", AdminJson.Default.PagedListBackup))!.Data.Single();
}
