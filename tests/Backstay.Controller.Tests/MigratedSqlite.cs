using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests;

/// <summary>An SQLite catalog with its tables and nothing in them: made once, copied for every controller that begins with an empty folder.</summary>
internal static class MigratedSqlite
{
    private static readonly Lazy<Task<byte[]>> File = new(MakeAsync);

    public static async Task CopyAsync(string folder)
    {
        var content = await File.Value;
        await using var file = new FileStream(Path.Combine(folder, "catalog.db"), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await file.WriteAsync(content);
    }

    private static async Task<byte[]> MakeAsync()
    {
        var folder = Directory.CreateTempSubdirectory("backstay-test-");
        try
        {
            var file = Path.Combine(folder.FullName, "catalog.db");
            var options = new DbContextOptionsBuilder<SqliteCatalogContext>().UseSqlite($"Data Source={file};Pooling=false").Options;
            await using (var catalog = new SqliteCatalogContext(options))
                await catalog.Database.MigrateAsync();
            return await System.IO.File.ReadAllBytesAsync(file);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
