using System.Runtime.InteropServices;
using Backstay.Agent.Platform;

namespace Backstay.Agent.Sources;

/// <summary>
/// The few calls of the system's libsqlite3 that an online backup takes (sqlite.org/c3ref/backup_finish.html). The library is the
/// appliance's own, so it fits its databases; a copy of ours would be a second file beside the agent.
/// </summary>
internal sealed partial class SqliteDatabase : IDisposable
{
    private const string Library = "libsqlite3.so.0";
    private const int Ok = 0, CanNotOpen = 14, Full = 13, Done = 101;
    private const int OpenReadOnly = 0x1, OpenReadWrite = 0x2, OpenUri = 0x40;
    private const int BusyMilliseconds = 30_000;
    private const int PagesAtOnce = 2048; // at most 128 MiB between two looks at the cancellation

    private nint _handle;

    private SqliteDatabase(nint handle) => _handle = handle;

    /// <summary>It was read without locks; only right if nobody opened it meanwhile.</summary>
    private bool IsSnapshot { get; init; }

    /// <exception cref="SourceFailedException">Not a database, not readable, or no library.</exception>
    public static SqliteDatabase OpenToRead(string path)
    {
        try
        {
            var database = Open(path, OpenReadOnly);
            try
            {
                database.Execute("SELECT count(*) FROM sqlite_master"); // what is wrong shows at the first read
                return database;
            }
            catch (SqliteException e) when (e.Code == CanNotOpen && !File.Exists($"{path}-wal"))
            {
                // In WAL mode even a reader needs the -shm file. Nobody has the database open, and we may not write where it is
                // (a read-only mount, a hardened service): read the file as the snapshot that it is.
                database.Dispose();
                return OpenSnapshot(path);
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }
        catch (SqliteException e)
        {
            throw new SourceFailedException($"{path} can't be read as a SQLite database: {e.Message}.", inner: e);
        }
        catch (DllNotFoundException e)
        {
            throw new SourceFailedException(
                $"{path}: {Library} is not installed. Install libsqlite3-0 (Debian) or sqlite-libs (RHEL).", inner: e);
        }
    }

    /// <summary>Copies a database as it is now; writers go on in WAL mode, and wait in the other modes.</summary>
    /// <param name="target">An empty file.</param>
    /// <exception cref="SourceFailedException">What SQLite said.</exception>
    public static void Backup(string path, string target, SpoolFolder spool, CancellationToken cancellationToken)
    {
        using var source = OpenToRead(path);
        try
        {
            using var copy = Open(target, OpenReadWrite);
            // A copy that is lost in a crash is made again: neither a journal nor syncs.
            copy.Execute("PRAGMA journal_mode=OFF");
            copy.Execute("PRAGMA synchronous=OFF");
            // One read transaction around all steps: the copy is of one moment, and no writer makes it begin again.
            source.Execute("BEGIN");
            source.Execute("SELECT count(*) FROM sqlite_master");
            source.CopyTo(copy, cancellationToken);
            if (source.IsSnapshot && File.Exists($"{path}-wal"))
                throw new SourceFailedException(
                    $"{path} was opened by another program while it was copied without locks. Let the agent write to its folder "
                    + "(ReadWritePaths= of the service), so that it can lock the database.");
        }
        catch (SqliteException e)
        {
            throw e.Code == Full
                ? spool.Full($"The copy of {path}")
                : new SourceFailedException($"The online backup of {path} failed: {e.Message}.", inner: e);
        }
    }

    public void Dispose()
    {
        if (_handle != 0)
            _ = Close(_handle);
        _handle = 0;
    }

    private static SqliteDatabase OpenSnapshot(string path)
    {
        var escaped = Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal);
        return Open($"file://{escaped}?immutable=1", OpenReadOnly | OpenUri);
    }

    private static SqliteDatabase Open(string path, int flags)
    {
        var result = OpenV2(path, out var handle, flags, null);
        var database = new SqliteDatabase(handle) { IsSnapshot = (flags & OpenUri) != 0 };
        try
        {
            database.Check(result);
            database.Check(BusyTimeout(handle, BusyMilliseconds));
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private void Execute(string sql) => Check(Exec(_handle, sql, 0, 0, 0));

    private void CopyTo(SqliteDatabase target, CancellationToken cancellationToken)
    {
        var backup = BackupInit(target._handle, "main", _handle, "main");
        if (backup == 0)
            target.Check(ErrorCode(target._handle));

        int step;
        do
        {
            step = BackupStep(backup, PagesAtOnce);
        }
        while (step == Ok && !cancellationToken.IsCancellationRequested);

        var result = BackupFinish(backup);
        cancellationToken.ThrowIfCancellationRequested();
        target.Check(step == Done ? result : step);
    }

    private void Check(int result)
    {
        if (result != Ok)
            throw new SqliteException(result & 0xff, _handle == 0 ? $"error {result}" : ErrorMessage());
    }

    private string ErrorMessage() => Marshal.PtrToStringUTF8(ErrorText(_handle)) ?? "unknown error";

    private sealed class SqliteException(int code, string message) : Exception(message)
    {
        public int Code { get; } = code;
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_open_v2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenV2(string path, out nint database, int flags, string? vfs);

    [LibraryImport(Library, EntryPoint = "sqlite3_close_v2")]
    private static partial int Close(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_busy_timeout")]
    private static partial int BusyTimeout(nint database, int milliseconds);

    [LibraryImport(Library, EntryPoint = "sqlite3_exec", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Exec(nint database, string sql, nint callback, nint argument, nint error);

    [LibraryImport(Library, EntryPoint = "sqlite3_errcode")]
    private static partial int ErrorCode(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_errmsg")]
    private static partial nint ErrorText(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_backup_init", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint BackupInit(nint target, string targetName, nint source, string sourceName);

    [LibraryImport(Library, EntryPoint = "sqlite3_backup_step")]
    private static partial int BackupStep(nint backup, int pages);

    [LibraryImport(Library, EntryPoint = "sqlite3_backup_finish")]
    private static partial int BackupFinish(nint backup);
}
