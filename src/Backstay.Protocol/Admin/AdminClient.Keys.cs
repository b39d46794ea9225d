namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    private const string Keys = "admin/backup-keys";

    /// <summary><c>GET /backup-keys</c>.</summary>
    public async Task<PagedList<BackupKey>> ListBackupKeysAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery(Keys, query), AdminJson.Default.PagedListBackupKey, cancellationToken);

    /// <summary><c>POST /backup-keys</c>: nothing is sealed to the key before it is confirmed, unless it was already.</summary>
    public async Task<BackupKey> ImportBackupKeyAsync(BackupKeyImport key, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post, Keys, key, AdminJson.Default.BackupKeyImport, AdminJson.Default.BackupKey, cancellationToken);

    /// <summary><c>POST /backup-keys/{id}/confirm</c>. 412 when the fingerprint is another one.</summary>
    public async Task<BackupKey> ConfirmBackupKeyAsync(Guid id, string fingerprint, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post,
            $"{Keys}/{id}/confirm",
            new FingerprintConfirmation(fingerprint),
            AdminJson.Default.FingerprintConfirmation,
            AdminJson.Default.BackupKey,
            cancellationToken);

    /// <summary><c>DELETE /backup-keys/{id}</c>: an active key is retired, any other forgotten.</summary>
    public async Task RemoveBackupKeyAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"{Keys}/{id}", cancellationToken);

    /// <summary><c>POST /backup-keys/rotate-passphrase</c>.</summary>
    public async Task<BackupKey> RotatePassphraseAsync(PassphraseRotation rotation, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post,
            $"{Keys}/rotate-passphrase",
            rotation,
            AdminJson.Default.PassphraseRotation,
            AdminJson.Default.BackupKey,
            cancellationToken);

    /// <summary><c>POST /backup-keys/{id}/reveal</c>: the passphrase in clear; a line of the audit log.</summary>
    public async Task<RevealedPassphrase> RevealPassphraseAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Post, $"{Keys}/{id}/reveal", body: null, AdminJson.Default.RevealedPassphrase, cancellationToken);

    /// <summary><c>POST /backup-keys/which</c>.</summary>
    /// <param name="head">The first bytes of an archive.</param>
    public async Task<ArchiveKeys> WhichKeysAsync(ReadOnlyMemory<byte> head, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post,
            $"{Keys}/which",
            new ArchiveHead(Convert.ToBase64String(head.Span)),
            AdminJson.Default.ArchiveHead,
            AdminJson.Default.ArchiveKeys,
            cancellationToken);

    /// <summary><c>GET /backup-keys/recovery</c>.</summary>
    public async Task<RecoveryFacts> GetRecoveryFactsAsync(CancellationToken cancellationToken) =>
        await GetAsync($"{Keys}/recovery", AdminJson.Default.RecoveryFacts, cancellationToken);
}
