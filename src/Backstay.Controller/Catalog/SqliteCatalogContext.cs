using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Backstay.Controller.Catalog;

/// <summary>The catalog in one SQLite file: for one controller.</summary>
internal sealed class SqliteCatalogContext(DbContextOptions<SqliteCatalogContext> options) : CatalogContext(options)
{
    protected override string NameCollation => "NOCASE";

    /// <summary>Nobody else has the file; EF has a lock of its own for migrations.</summary>
    public override Task<IAsyncDisposable> EnterStartAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IAsyncDisposable>(new Nothing());

    /// <summary>Every transaction is alone: <c>Microsoft.Data.Sqlite</c> begins them with the right to write (BEGIN IMMEDIATE).</summary>
    public override Task<IDbContextTransaction> BeginAloneAsync(CancellationToken cancellationToken) =>
        Database.BeginTransactionAsync(cancellationToken);

    /// <summary>As <see cref="BeginAloneAsync"/>.</summary>
    public override Task<IDbContextTransaction> BeginWithBackupsOfAsync(Guid applianceId, CancellationToken cancellationToken) =>
        Database.BeginTransactionAsync(cancellationToken);

    /// <summary>SQLite has no type for times: UTC ticks sort and compare as the times do.</summary>
    protected override void ConfigureConventions(ModelConfigurationBuilder conventions) =>
        conventions.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();

    private sealed class UtcTicksConverter() : ValueConverter<DateTimeOffset, long>(
        time => time.UtcTicks,
        ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    private readonly struct Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
