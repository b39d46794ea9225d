using System.Reflection;
using Backstay.Controller.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Catalog;

/// <summary>So many rows of a table are copied.</summary>
internal sealed record CopiedRows(string Table, long Rows);

/// <summary>
/// Moves an SQLite catalog into an empty PostgreSQL database: every table of the model, the keys of Data Protection among them, so that
/// secrets stay readable and tokens and agents' credentials valid.
/// </summary>
internal sealed class CatalogCopy
{
    private const int Batch = 500;

    private static readonly MethodInfo CopyTable =
        typeof(CatalogCopy).GetMethod(nameof(CopyTableAsync), BindingFlags.Instance | BindingFlags.NonPublic)!;

    private readonly SqliteCatalogContext _source;
    private readonly PostgresCatalogContext _target;
    private readonly IProgress<CopiedRows> _progress;

    private CatalogCopy(SqliteCatalogContext source, PostgresCatalogContext target, IProgress<CopiedRows> progress) =>
        (_source, _target, _progress) = (source, target, progress);

    /// <summary>Copies in one transaction: all of it is there in the end, or nothing. The source isn't changed.</summary>
    /// <param name="file">The SQLite file. No controller may have it open.</param>
    /// <param name="target">Options with <see cref="CatalogProvider.Postgres"/>. The database is made ready for this version; its tables
    /// have to be empty.</param>
    /// <param name="progress">Told of every table while it is copied.</param>
    /// <returns>How many rows were copied.</returns>
    /// <exception cref="StartupException">It can't be done, and why, and what to do.</exception>
    public static async Task<long> RunAsync(
        string file, CatalogOptions target, IProgress<CopiedRows> progress, CancellationToken cancellationToken)
    {
        await using var source = new SqliteCatalogContext(new DbContextOptionsBuilder<SqliteCatalogContext>()
            .UseSqlite(new SqliteConnectionStringBuilder
            {
                DataSource = file,
                Mode = SqliteOpenMode.ReadWrite,
                Pooling = false,
                DefaultTimeout = 2,
            }.ToString())
            .Options);
        await using var postgres = new PostgresCatalogContext(
            new DbContextOptionsBuilder<PostgresCatalogContext>().UseNpgsql(target.Postgres().ToString()).Options);

        await using var snapshot = await OpenAsync(source, file, cancellationToken);
        await RefuseOtherSchemaAsync(source, file, cancellationToken);
        await using var turn = await new CatalogStart(postgres, Options.Create(target)).EnterAsync(cancellationToken);
        return await new CatalogCopy(source, postgres, progress).CopyAsync(cancellationToken);
    }

    /// <summary>Alone, so that nothing is written to it that the copy would not have.</summary>
    private static async Task<IAsyncDisposable> OpenAsync(SqliteCatalogContext source, string file, CancellationToken cancellationToken)
    {
        try
        {
            await source.Database.OpenConnectionAsync(cancellationToken);

            // Before the first look at the file, this waits for everybody else to have closed it (https://sqlite.org/wal.html, section 8).
            await source.Database.ExecuteSqlRawAsync("PRAGMA locking_mode = EXCLUSIVE", cancellationToken);
            return await source.Database.BeginTransactionAsync(cancellationToken);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is 5 or 6)
        {
            throw new StartupException($"{file} is open in another program. Stop the controller first.", exception);
        }
        catch (SqliteException exception)
        {
            throw new StartupException($"{file} can't be opened as a catalog: {exception.Message.TrimEnd('.')}.", exception);
        }
    }

    private static async Task RefuseOtherSchemaAsync(SqliteCatalogContext source, string file, CancellationToken cancellationToken)
    {
        var applied = (await source.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
        var known = source.Database.GetMigrations().ToList();
        if (applied.Count == 0)
            throw new StartupException($"{file} isn't a catalog of Backstay.");
        if (applied.Except(known).Any())
            throw new StartupException($"{file} was written by a newer version of Backstay. Copy it with that version.");
        if (known.Except(applied).Any())
            throw new StartupException($"{file} is of an older version of Backstay. Start this version on it once, stop it, and copy then.");
    }

    private async Task<long> CopyAsync(CancellationToken cancellationToken)
    {
        var tables = InOrder(_target.Model);
        await using var transaction = await _target.Database.BeginTransactionAsync(cancellationToken);
        long rows = 0;
        foreach (var table in tables)
            rows += await (Task<long>)CopyTable.MakeGenericMethod(table.ClrType).Invoke(this, [table, cancellationToken])!;

        await transaction.CommitAsync(cancellationToken);
        return rows;
    }

    private async Task<long> CopyTableAsync<T>(IEntityType type, CancellationToken cancellationToken)
        where T : class
    {
        var name = type.GetTableName()!;
        if (await _target.Set<T>().AnyAsync(cancellationToken))
        {
            throw new StartupException(
                $"The database {_target.Database.GetDbConnection().Database} holds a catalog already (there are rows in {name}). Copy into an empty one.");
        }

        var counter = type.FindPrimaryKey()!.Properties.SingleOrDefault(p => p.ValueGenerated is ValueGenerated.OnAdd && p.ClrType != typeof(Guid));
        var (copied, highest) = (0L, 0L);
        await foreach (var row in _source.Set<T>().AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            var entry = _target.Add(row);
            MakeStorable(entry);
            if (counter is not null)
                highest = Math.Max(highest, Convert.ToInt64(entry.Property(counter.Name).CurrentValue, null));
            if (++copied % Batch == 0)
                await SaveAsync(name, copied, cancellationToken);
        }

        await SaveAsync(name, copied, cancellationToken);
        if (highest > 0)
        {
            await _target.Database.ExecuteSqlAsync(
                $"SELECT setval(pg_get_serial_sequence({name}, {counter!.GetColumnName()})::regclass, {highest})", cancellationToken);
        }

        var (expected, there) = (await _source.Set<T>().LongCountAsync(cancellationToken), await _target.Set<T>().LongCountAsync(cancellationToken));
        return expected == there && there == copied
            ? copied
            : throw new InvalidOperationException($"{name} has {expected} rows; {copied} were read and {there} arrived. Nothing was kept.");
    }

    private async Task SaveAsync(string table, long copied, CancellationToken cancellationToken)
    {
        try
        {
            await _target.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException exception) when (exception.IsTaken())
        {
            throw new StartupException(
                $"Two rows of {table} have the same name for PostgreSQL, which knows letter case beyond A to Z. Rename one of them first.", exception);
        }

        _target.ChangeTracker.Clear();
        _progress.Report(new CopiedRows(table, copied));
    }

    /// <summary>PostgreSQL keeps every character but NUL.</summary>
    private static void MakeStorable(EntityEntry entry)
    {
        foreach (var property in entry.Properties.Where(p => p.CurrentValue is string text && text.Contains('\0', StringComparison.Ordinal)))
            property.CurrentValue = ((string)property.CurrentValue!).Replace('\0', '\uFFFD');
    }

    /// <summary>Those that others refer to first.</summary>
    private static List<IEntityType> InOrder(IModel model)
    {
        var left = model.GetEntityTypes().ToList();
        List<IEntityType> ordered = [];
        while (left.Count > 0)
        {
            var next = left.Where(type => type.GetForeignKeys().All(key => ordered.Contains(key.PrincipalEntityType))).ToList();
            ordered.AddRange(next);
            left.RemoveAll(next.Contains);
        }

        return ordered;
    }
}
