using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Backstay.Controller.Catalog;

/// <summary>What a fault of a database means, whichever it is.</summary>
internal static class CatalogErrors
{
    // https://sqlite.org/rescode.html
    private const int Busy = 5;
    private const int Locked = 6;
    private const int InputOutput = 10;
    private const int Full = 13;
    private const int CantOpen = 14;
    private const int ConstraintForeignKey = 787;
    private const int ConstraintPrimaryKey = 1555;
    private const int ConstraintUnique = 2067;

    /// <summary>Whether a save failed because the value or id is taken: an expected end of a race, not a fault.</summary>
    public static bool IsTaken(this DbUpdateException exception) => exception.InnerException is
        SqliteException { SqliteExtendedErrorCode: ConstraintPrimaryKey or ConstraintUnique }
        or PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    /// <summary>Whether a change failed because of a row that refers to this one, or that this one refers to: the end of a race, too.</summary>
    public static bool BreaksReference(Exception exception) => (exception is DbUpdateException ? exception.InnerException : exception) is
        SqliteException { SqliteExtendedErrorCode: ConstraintForeignKey }
        or PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.RestrictViolation };

    /// <summary>Whether a text was refused because it has a NUL, the one character that PostgreSQL doesn't keep.</summary>
    public static bool IsUnstorableText(Exception exception) =>
        Within(exception).Any(e => e is PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire });

    /// <summary>
    /// Whether the catalog can't be asked now, and the same may go well later: no connection, a server that stops or starts or has no
    /// room, two transactions that waited for each other. A change may have been made all the same, when its answer was lost.
    /// </summary>
    public static bool IsUnavailable(Exception exception) => IsOutage(exception)
        || Within(exception).Any(e => e is PostgresException
        {
            SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable
        });

    /// <summary>Whether it is the catalog as a whole that can't be asked.</summary>
    public static bool IsOutage(Exception exception) => Within(exception).Any(e => e switch
    {
        SqliteException sqlite => sqlite.SqliteErrorCode is Busy or Locked or InputOutput or Full or CantOpen,
        PostgresException postgres => IsOutage(postgres.SqlState),
        NpgsqlException or SocketException => true,
        _ => false,
    });

    /// <summary>
    /// Whether the server isn't there, or not ready for anybody: who waits will be served. Not so where it refuses us, or we refuse its
    /// certificate.
    /// </summary>
    public static bool IsAway(Exception exception)
    {
        var faults = Within(exception).ToList();
        return faults.OfType<PostgresException>().FirstOrDefault() is { } said
            ? said.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
                or PostgresErrorCodes.TooManyConnections || said.SqlState.StartsWith("08", StringComparison.Ordinal)
            : faults.Exists(e => e is NpgsqlException or SocketException) && !faults.Exists(e => e is AuthenticationException);
    }

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static bool IsOutage(string state) =>
        state[..2] is "08" or "53" or "58" or "28" // connection, resources, system, authorization
        || state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.DatabaseDropped or PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.ReadOnlySqlTransaction;

    private static IEnumerable<Exception> Within(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
            yield return e;
    }
}
