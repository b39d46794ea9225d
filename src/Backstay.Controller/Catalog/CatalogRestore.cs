using Backstay.Controller.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Catalog;

/// <summary>
/// Puts a copy of an SQLite catalog in the place of the one in use: copied beside it, checked, renamed. The one before stays, under
/// another name.
/// </summary>
internal sealed class CatalogRestore(IOptions<CatalogOptions> options, CatalogContext model, TimeProvider time)
{
    private static readonly string[] Journals = ["-wal", "-shm", "-journal"];

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <returns>What the catalog before is called now; null when there was none.</returns>
    /// <exception cref="StartupException">The copy is no catalog that this version can use, or a controller is running.</exception>
    public async Task<string?> RunAsync(string copy, CancellationToken cancellationToken)
    {
        if (options.Value.Provider is CatalogProvider.Postgres)
        {
            throw new StartupException(
                "The catalog is in PostgreSQL: restore it with pg_restore, then run catalog rebuild. docs/operations.md has the lines.");
        }

        var target = Path.GetFullPath(options.Value.File);
        var temporary = $"{target}.restoring-{Guid.NewGuid():N}";
        await RefuseWhileInUseAsync(target, cancellationToken);
        try
        {
            await CopyAsync(copy, temporary, cancellationToken);
            string? before = null;
            if (File.Exists(target) && new FileInfo(target).Length > 0)
            {
                before = $"{target}.before-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}";
                File.Move(target, before);
            }

            // Of the catalog before: where that was damaged, they may hold what can still be saved. Beside the new one they would ruin it.
            foreach (var journal in Journals.Where(suffix => File.Exists(target + suffix)))
                File.Move(target + journal, (before ?? $"{target}.before-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}") + journal);
            File.Move(temporary, target, overwrite: true);
            Storage.DurableFile.SyncFolder(Path.GetDirectoryName(target)!);
            return before;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Leaving WAL needs the database to oneself (https://sqlite.org/pragma.html#pragma_journal_mode).</summary>
    private static async Task RefuseWhileInUseAsync(string target, CancellationToken cancellationToken)
    {
        if (!File.Exists(target))
            return;

        try
        {
            await using var current = Open(target, SqliteOpenMode.ReadWrite);
            await current.OpenAsync(cancellationToken);
            await ScalarAsync(current, "PRAGMA journal_mode = DELETE", cancellationToken);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is 5 or 6) // SQLITE_BUSY, SQLITE_LOCKED
        {
            throw new StartupException($"{target} is in use. Stop every controller that serves from it first.", exception);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is 11 or 26) // SQLITE_CORRUPT, SQLITE_NOTADB
        {
            // What is damaged is what a restore is for; it is kept under another name like any other.
        }
    }

    private async Task CopyAsync(string copy, string temporary, CancellationToken cancellationToken)
    {
        if (!File.Exists(copy))
            throw new FileNotFoundException($"There is no file {copy}.", copy);

        await using (new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
        }

        try
        {
            await using var from = Open(copy, SqliteOpenMode.ReadOnly);
            await using var to = Open(temporary, SqliteOpenMode.ReadWrite);
            await from.OpenAsync(cancellationToken);
            await to.OpenAsync(cancellationToken);
            from.BackupDatabase(to);
            await ScalarAsync(to, "PRAGMA journal_mode = DELETE", cancellationToken);
            if (await ScalarAsync(to, "PRAGMA integrity_check", cancellationToken) is not "ok")
                throw new StartupException($"{copy} is damaged: PRAGMA integrity_check finds faults in it.");
            await RefuseNewerAsync(copy, to, cancellationToken);
            await SignOutAsync(to, cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw new StartupException($"{copy} can't be read as a catalog: {exception.Message.TrimEnd('.')}.", exception);
        }

        using var written = File.OpenHandle(temporary, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(written);
    }

    private async Task RefuseNewerAsync(string copy, SqliteConnection catalog, CancellationToken cancellationToken)
    {
        await using var command = catalog.CreateCommand();
        command.CommandText = "SELECT MigrationId FROM __EFMigrationsHistory";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var known = model.Database.GetMigrations().ToHashSet();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (!known.Contains(reader.GetString(0)))
                throw new StartupException($"{copy} is of a newer version (it has {reader.GetString(0)}). Restore it with that version.");
        }
    }

    /// <summary>A sign-out after the copy was made must stay one.</summary>
    private static async Task SignOutAsync(SqliteConnection catalog, CancellationToken cancellationToken) =>
        await ScalarAsync(catalog, "DELETE FROM tokens", cancellationToken);

    private static SqliteConnection Open(string file, SqliteOpenMode mode) =>
        new(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false, DefaultTimeout = 3 }.ConnectionString);

    private static async Task<object?> ScalarAsync(SqliteConnection catalog, string sql, CancellationToken cancellationToken)
    {
        await using var command = catalog.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
