using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Catalog;

/// <summary>What is asked every few seconds costs as much as it finds, however long the history is.</summary>
public sealed class IndexTests
{
    [Fact]
    public async Task What_is_to_go_and_what_the_store_holds_are_found_by_an_index()
    {
        await using var host = await ControllerHost.StartAsync();
        var deleted = await PlanAsync(host, catalog => catalog.Backups.Where(b => b.Deleted != null).Select(b => new { b.Id, b.Attempt }));
        Assert.Contains("deleted_backups", deleted, StringComparison.Ordinal);
        var sizes = await PlanAsync(host, catalog => catalog.Backups.Where(b => b.State == BackupState.Succeeded).Select(b => b.Size ?? 0));
        Assert.Contains("stored_sizes", sizes, StringComparison.Ordinal);
    }

    private static Task<string> PlanAsync<T>(ControllerHost host, Func<CatalogContext, IQueryable<T>> query) => host.CatalogAsync(async catalog =>
    {
        await using var transaction = await catalog.Database.BeginTransactionAsync();
        var isPostgres = catalog is PostgresCatalogContext;

        // A table of no rows is read as a whole, unless that is forbidden.
        if (isPostgres)
            await catalog.Database.ExecuteSqlRawAsync("SET LOCAL enable_seqscan = off");
        await using var command = catalog.Database.GetDbConnection().CreateCommand();
        command.Transaction = Microsoft.EntityFrameworkCore.Storage.DbContextTransactionExtensions.GetDbTransaction(transaction);
#pragma warning disable CA2100 // the text of EF's own query, which has no parameters
        command.CommandText = (isPostgres ? "EXPLAIN " : "EXPLAIN QUERY PLAN ") + query(catalog).ToQueryString();
#pragma warning restore CA2100
        await using var lines = await command.ExecuteReaderAsync();
        var plan = "";
        while (await lines.ReadAsync())
            plan += lines.GetString(isPostgres ? 0 : 3) + '\n';
        return plan;
    });
}
