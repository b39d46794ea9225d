using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Backstay.Controller.Catalog;

/// <summary>
/// What <c>dotnet ef migrations</c> builds the models with; no controller is started for it. A change of the model needs a migration for
/// each database:
/// <code>
/// dotnet ef migrations add NAME -p src/Backstay.Controller --context SqliteCatalogContext -o Catalog/Migrations/Sqlite
/// dotnet ef migrations add NAME -p src/Backstay.Controller --context PostgresCatalogContext -o Catalog/Migrations/Postgres
/// </code>
/// EF takes those whose <c>[DbContext]</c> is the type of the context; no server is asked.
/// </summary>
internal sealed class CatalogDesign : IDesignTimeDbContextFactory<SqliteCatalogContext>, IDesignTimeDbContextFactory<PostgresCatalogContext>
{
    SqliteCatalogContext IDesignTimeDbContextFactory<SqliteCatalogContext>.CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<SqliteCatalogContext>().UseSqlite("Data Source=:memory:").Options);

    PostgresCatalogContext IDesignTimeDbContextFactory<PostgresCatalogContext>.CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresCatalogContext>().UseNpgsql().Options);
}
