using Backstay.Controller.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Backstay.Controller.Catalog;

/// <summary>
/// The catalog in a PostgreSQL database: for any number of controllers. Times are <c>timestamptz</c>, to the microsecond.
/// </summary>
internal sealed class PostgresCatalogContext(DbContextOptions<PostgresCatalogContext> options) : CatalogContext(options)
{
    /// <summary>Advisory locks of Backstay in a database that it may share: the first of their two numbers ("bkst").</summary>
    private const int Locks = 0x626b7374;
    private const int StartLock = 1;
    private const int AloneLock = 2;

    /// <summary>
    /// Of our own, from ICU: letter case doesn't count, accents do. Not deterministic, so that "=" and unique indexes go by it too; for
    /// LIKE see <see cref="PostgresLike"/>.
    /// </summary>
    protected override string NameCollation => "backstay_names";

    /// <summary>A lock of the session, on this context's connection, which stays open for it.</summary>
    /// <exception cref="StartupException">The database doesn't hold every text.</exception>
    public override async Task<IAsyncDisposable> EnterStartAsync(CancellationToken cancellationToken)
    {
        // The controller before us may migrate for as long as it takes.
        Database.SetCommandTimeout(TimeSpan.Zero);
        await Database.OpenConnectionAsync(cancellationToken);
        var encoding = await Database.SqlQuery<string>($"SELECT current_setting('server_encoding') AS \"Value\"").SingleAsync(cancellationToken);
        if (encoding is not "UTF8")
            throw new StartupException($"The catalog's database has the encoding {encoding}. Create it with UTF-8: createdb --encoding=UTF8 --template=template0");

        await Database.ExecuteSqlAsync($"SELECT pg_advisory_lock({Locks}, {StartLock})", cancellationToken);
        return new StartTurn(this);
    }

    public override Task<IDbContextTransaction> BeginAloneAsync(CancellationToken cancellationToken) =>
        BeginAsync($"SELECT pg_advisory_xact_lock({Locks}, {AloneLock})", cancellationToken);

    /// <summary>Their rows are locked, in one order: what somebody else changes just now is waited for, and then read as it is.</summary>
    public override Task<IDbContextTransaction> BeginWithBackupsOfAsync(Guid applianceId, CancellationToken cancellationToken) =>
        BeginAsync($"SELECT 1 FROM backups WHERE \"ApplianceId\" = {applianceId} ORDER BY \"Id\" FOR NO KEY UPDATE", cancellationToken);

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.HasCollation(NameCollation, locale: "und-u-ks-level2", provider: "icu", deterministic: false);
        base.OnModelCreating(model);
    }

    private async Task<IDbContextTransaction> BeginAsync(FormattableString locks, CancellationToken cancellationToken)
    {
        var transaction = await Database.BeginTransactionAsync(cancellationToken);
        try
        {
            await Database.ExecuteSqlAsync(locks, cancellationToken);
            return transaction;
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }

    private sealed class StartTurn(PostgresCatalogContext catalog) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await catalog.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({Locks}, {StartLock})");
            await catalog.Database.CloseConnectionAsync();
        }
    }
}
