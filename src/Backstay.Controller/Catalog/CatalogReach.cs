using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Backstay.Controller.Catalog;

/// <summary>
/// Tells the log when the catalog can't be reached and when it can again: once each, however many requests and workers meet it
/// in between.
/// </summary>
internal sealed partial class CatalogReach(ILogger<CatalogReach> logger) : DbCommandInterceptor, IDbConnectionInterceptor
{
    private int _lost;

    public void ConnectionFailed(DbConnection connection, ConnectionErrorEventData eventData) => Failed(eventData.Exception);

    public Task ConnectionFailedAsync(
        DbConnection connection, ConnectionErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        Failed(eventData.Exception);
        return Task.CompletedTask;
    }

    public override void CommandFailed(DbCommand command, CommandErrorEventData eventData) => Failed(eventData.Exception);

    public override Task CommandFailedAsync(
        DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        Failed(eventData.Exception);
        return Task.CompletedTask;
    }

    public override DbDataReader ReaderExecuted(DbCommand command, CommandExecutedEventData eventData, DbDataReader result)
    {
        Answered();
        return result;
    }

    public override ValueTask<DbDataReader> ReaderExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default)
    {
        Answered();
        return new(result);
    }

    public override ValueTask<int> NonQueryExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Answered();
        return new(result);
    }

    private void Failed(Exception exception)
    {
        if (CatalogErrors.IsOutage(exception) && Interlocked.Exchange(ref _lost, 1) == 0)
            Log.Lost(logger, exception.Message);
    }

    private void Answered()
    {
        if (Volatile.Read(ref _lost) == 1 && Interlocked.Exchange(ref _lost, 0) == 1)
            Log.Found(logger);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The catalog can't be reached: {Reason} Requests are answered 503 until it can.")]
        public static partial void Lost(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Information, "The catalog answers again.")]
        public static partial void Found(ILogger logger);
    }
}
