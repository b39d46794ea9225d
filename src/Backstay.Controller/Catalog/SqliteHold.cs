using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Catalog;

/// <summary>
/// A connection to the SQLite catalog that stays open as long as the controller runs. In WAL mode an open connection holds a lock on the
/// file even when it is idle; those of the pool come and go. By it <c>catalog restore</c> knows that the catalog is in use.
/// </summary>
internal sealed class SqliteHold(IOptions<CatalogOptions> options) : IDisposable
{
    private SqliteConnection? _connection;

    /// <summary>Does nothing where the catalog isn't in SQLite.</summary>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Provider is not CatalogProvider.Sqlite)
            return;

        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = options.Value.File, Pooling = false }.ConnectionString);
        await _connection.OpenAsync(cancellationToken);
        await using var look = _connection.CreateCommand();
        look.CommandText = "SELECT count(*) FROM sqlite_schema"; // the lock is taken by the first read
        await look.ExecuteScalarAsync(cancellationToken);
    }

    public void Dispose() => _connection?.Dispose();
}
