using System.Data.Common;
using System.Runtime.CompilerServices;
using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Retention;

/// <summary>Does something once, right before the test, and none of the workers beside it, begins its next transaction.</summary>
internal sealed class ChangeBeforeTransaction : DbTransactionInterceptor
{
    private readonly AsyncLocal<StrongBox<Func<Task>?>?> _next = new();

    /// <summary>What; null when it was done.</summary>
    public Func<Task>? Next
    {
        get => _next.Value?.Value;
        set => _next.Value = new(value);
    }

    public override async ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
        DbConnection connection, TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result, CancellationToken cancellationToken = default)
    {
        if (_next.Value is { Value: { } change } box)
        {
            box.Value = null;
            await change();
        }

        return result;
    }
}

internal static class CatalogInterception
{
    /// <summary>Puts it before the catalog.</summary>
    public static IServiceCollection AddBeforeCatalog(this IServiceCollection services, IInterceptor interceptor) => services
        .AddSingleton<IDbContextOptionsConfiguration<SqliteCatalogContext>>(new Configuration<SqliteCatalogContext>(interceptor))
        .AddSingleton<IDbContextOptionsConfiguration<PostgresCatalogContext>>(new Configuration<PostgresCatalogContext>(interceptor));

    private sealed class Configuration<TContext>(IInterceptor interceptor) : IDbContextOptionsConfiguration<TContext>
        where TContext : CatalogContext
    {
        public void Configure(IServiceProvider serviceProvider, DbContextOptionsBuilder optionsBuilder) => optionsBuilder.AddInterceptors(interceptor);
    }
}
