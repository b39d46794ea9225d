using Backstay.TestServers;
using Microsoft.Data.Sqlite;

namespace Backstay.Chaos.Running;

/// <summary>A server that controllers need, and the way to it: both can be taken from them.</summary>
internal interface IBackingServer
{
    Relay Link { get; }

    /// <summary>kill -9 of everything that belongs to it.</summary>
    Task KillAsync(CancellationToken cancellationToken);

    /// <summary>Returns when it serves again.</summary>
    Task RestartAsync(CancellationToken cancellationToken);
}

/// <summary>The catalog of an installation, as its operator sees it.</summary>
internal abstract class CatalogSide : IAsyncDisposable
{
    /// <summary>What every controller is told of it, as environment.</summary>
    public abstract IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Null where it is no server.</summary>
    public virtual IBackingServer? Server => null;

    /// <summary>Rows of parts: there are none when no backup is under way.</summary>
    public abstract Task<long> CountPartsAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

/// <summary>One file.</summary>
internal sealed class SqliteCatalog(string file) : CatalogSide
{
    public override IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string> { ["Catalog__File"] = file };

    public override async Task<long> CountPartsAsync(CancellationToken cancellationToken)
    {
        await using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM parts";
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
