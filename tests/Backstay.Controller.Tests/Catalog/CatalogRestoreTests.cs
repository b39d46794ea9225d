using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Commands;
using Microsoft.Data.Sqlite;

namespace Backstay.Controller.Tests.Catalog;

/// <summary><c>catalog restore</c> as a process, on what a controller has left.</summary>
public sealed class CatalogRestoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;

    private string Data => Path.Combine(_folder, "data");

    private string Copy => Path.Combine(_folder, "copy.db");

    [Fact]
    public async Task A_restored_copy_lists_what_came_after_it_too_and_everybody_signs_in_again()
    {
        var settings = new Dictionary<string, string?> { ["Catalog:Provider"] = "sqlite", ["Storage:Provider"] = "folder" };
        Guid before, after;
        byte[] beforeArchive, afterArchive;
        Agents.RawAgent agent;
        Directory.CreateDirectory(Data);
        await using (var site = await BackupSite.StartAsync(folder: Data, settings: settings))
        {
            agent = await site.AddOnlineAsync("gw-1");
            (before, beforeArchive) = await site.MakeBackupAsync(agent);
            CopyWhileInUse();
            (after, afterArchive) = await site.MakeBackupAsync(agent);

            var (refused, _, errors) = await ControllerProgram.RunAsync("catalog", "restore", Copy, "--data", Data);
            Assert.Equal(1, refused);
            Assert.Contains("in use", errors, StringComparison.Ordinal);
        }

        SqliteConnection.ClearAllPools();
        File.Delete(Path.Combine(Data, "catalog.db")); // another file, should another test's clearing of the pools still be writing to this one
        await File.WriteAllTextAsync(Path.Combine(Data, "catalog.db"), "ruined");

        var (code, output, _) = await ControllerProgram.RunAsync("catalog", "restore", Copy, "--data", Data);

        Assert.Equal(0, code);
        Assert.Contains("1 backups added, 1 already in the catalog", output, StringComparison.Ordinal);
        Assert.Equal("ruined", await File.ReadAllTextAsync(Directory.GetFiles(Data, "catalog.db.before-*Z").Single()));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Data, "catalog.db")));
        var oldToken = agent.Http.DefaultRequestHeaders.Authorization!.Parameter!;
        await using (var site = await BackupSite.StartAsync(folder: Data, settings: settings))
        {
            Assert.Equal(beforeArchive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, before)));
            Assert.Equal(afterArchive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, after)));
            var reconnected = site.Agent(agent.ApplianceId, oldToken);
            await reconnected.ConnectAsync(); // what agents were given is in the copy
            await site.MakeBackupAsync(reconnected);
        }
    }

    [Theory]
    [InlineData(null, 5, "There is no file")]
    [InlineData("not a database", 1, "can't be read")]
    public async Task What_is_no_catalog_is_not_put_in_the_place_of_one(string? content, int exitCode, string named)
    {
        if (content is not null)
            await File.WriteAllTextAsync(Copy, string.Concat(Enumerable.Repeat(content, 1000)));

        var (code, _, errors) = await ControllerProgram.RunAsync("catalog", "restore", Copy, "--data", Data);

        Assert.Equal(exitCode, code);
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.Equal(["catalog.db"], Directory.GetFiles(Data).Select(Path.GetFileName));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>By SQLite's online backup, which is what an agent's sqlite source does.</summary>
    private void CopyWhileInUse()
    {
        using var from = new SqliteConnection($"Data Source={Path.Combine(Data, "catalog.db")};Mode=ReadOnly;Pooling=False");
        using var to = new SqliteConnection($"Data Source={Copy};Pooling=False");
        from.Open();
        to.Open();
        from.BackupDatabase(to);
    }
}
