using System.Data.Common;
using System.Text.RegularExpressions;
using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Storage;

/// <summary>A catalog whose rows of backups and settings can't be read while <see cref="Broken"/>; signing in still works.</summary>
internal sealed partial class BrokenOnDemand : DbCommandInterceptor
{
    public bool Broken { get; set; }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default) =>
        Broken && Asked().IsMatch(command.CommandText)
            ? throw new InvalidOperationException("broken on demand")
            : ValueTask.FromResult(result);

    /// <summary>PostgreSQL's provider quotes only what needs it.</summary>
    [GeneratedRegex("FROM \"?(backups|settings)\\b")]
    private static partial Regex Asked();
}

internal static class BrokenCatalog
{
    /// <summary>Puts the <see cref="BrokenOnDemand"/> of the container before the catalog.</summary>
    public static IServiceCollection AddDbContextFaults(this IServiceCollection services) => services
        .AddSingleton<IDbContextOptionsConfiguration<SqliteCatalogContext>, Configuration<SqliteCatalogContext>>()
        .AddSingleton<IDbContextOptionsConfiguration<PostgresCatalogContext>, Configuration<PostgresCatalogContext>>();

    private sealed class Configuration<TContext>(BrokenOnDemand interceptor) : IDbContextOptionsConfiguration<TContext>
        where TContext : CatalogContext
    {
        public void Configure(IServiceProvider serviceProvider, DbContextOptionsBuilder optionsBuilder) => optionsBuilder.AddInterceptors(interceptor);
    }
}
