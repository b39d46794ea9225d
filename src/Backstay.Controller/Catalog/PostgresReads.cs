using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace Backstay.Controller.Catalog;

/// <summary>
/// Says a question a second time when its connection turned out to be broken: a pool can't know that the server was restarted behind its
/// connections. Only questions, and only outside of transactions; whether a change was made before the connection broke, nobody can know
/// but who asked for it (docs/decisions/0052).
/// </summary>
internal sealed class PostgresReads : DbCommandInterceptor
{
    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        if (eventData.CommandSource is not CommandSource.LinqQuery || command.Transaction is not null || result.HasResult)
            return result;

        try
        {
            return InterceptionResult<DbDataReader>.SuppressWithResult(await command.ExecuteReaderAsync(cancellationToken));
        }
        catch (NpgsqlException) when (command.Connection is { State: not System.Data.ConnectionState.Open } broken)
        {
            // The pool forgot all its connections with this one: the next is new. EF asks on it.
            await broken.CloseAsync();
            await broken.OpenAsync(cancellationToken);
            return result;
        }
    }
}
