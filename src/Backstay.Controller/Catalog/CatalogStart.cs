using Backstay.Controller.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Backstay.Controller.Catalog;

/// <summary>Brings the catalog to the schema of this version, before anything is served.</summary>
internal sealed class CatalogStart(CatalogContext catalog, IOptions<CatalogOptions> options)
{
    /// <summary>
    /// Migrates; of several controllers that start at once, one after the other. The turn lasts until the answer's disposal, so that what
    /// a first start puts into the catalog is put there once.
    /// </summary>
    /// <exception cref="StartupException">The catalog can't be used, and why, and what to do.</exception>
    public async Task<IAsyncDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        try
        {
            var turn = await catalog.EnterStartAsync(cancellationToken);
            await catalog.Database.MigrateAsync(cancellationToken);
            return turn;
        }
        catch (Exception exception) when (options.Value.Provider is CatalogProvider.Postgres && Explain(exception) is { } reason)
        {
            // For another try.
            await catalog.Database.CloseConnectionAsync();
            throw new StartupException(reason, exception);
        }
    }

    private string? Explain(Exception exception)
    {
        var postgres = options.Value.Postgres();
        var (server, user) = ($"{postgres.Host}:{postgres.Port}", postgres.Username ?? Environment.UserName);
        return exception switch
        {
            PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
                $"PostgreSQL at {server} refuses the user {user}: {refused.MessageText}. Check Username and Password in "
                + "Catalog:ConnectionString, and pg_hba.conf there.",
            PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } =>
                $"PostgreSQL at {server} has no database {postgres.Database}. Create it: createdb --owner={user} --encoding=UTF8 {postgres.Database}",
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused =>
                $"The user {user} may not make the catalog's tables in the database {postgres.Database} at {server}: {refused.MessageText}. "
                + $"Make it the owner of the database: ALTER DATABASE {postgres.Database} OWNER TO {user}",
            PostgresException other => $"PostgreSQL at {server} can't serve the catalog: {other.MessageText} (SQLSTATE {other.SqlState}).",
            NpgsqlException or System.Net.Sockets.SocketException =>
                $"PostgreSQL at {server} can't be reached: {(exception.InnerException ?? exception).Message.TrimEnd('.')}. Check Host, Port and the "
                + "SSL options in Catalog:ConnectionString, and whether the server runs.",
            _ when exception.InnerException is { } inner => Explain(inner),
            _ => null,
        };
    }
}
