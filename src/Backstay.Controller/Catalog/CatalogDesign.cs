using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Backstay.Controller.Catalog;

/// <summary>What <c>dotnet ef migrations add</c> builds the model with; no controller is started for it.</summary>
internal sealed class CatalogDesign : IDesignTimeDbContextFactory<CatalogContext>
{
    public CatalogContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<CatalogContext>().UseSqlite("Data Source=:memory:").Options);
}
