using Microsoft.AspNetCore.Connections;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

/// <summary>Turns what keeps a controller from starting into the lines that its operator needs, without a stack trace.</summary>
internal static class StartupFailure
{
    /// <summary>The lines to print, or null when it is no failure that an operator could repair: a bug then.</summary>
    public static string? Explain(Exception exception) => exception switch
    {
        StartupException startup => startup.Message,
        OptionsValidationException options => string.Join(Environment.NewLine, options.Failures.Distinct()),
        AggregateException several when several.Flatten().InnerExceptions.Select(Explain).ToList() is var lines && lines.All(l => l is not null) =>
            string.Join(Environment.NewLine, lines.Distinct()),
        InvalidOperationException { InnerException: FormatException or ArgumentException } binding =>
            $"An option has a value of the wrong kind: {binding.Message}",
        IOException { InnerException: AddressInUseException } inUse =>
            $"{inUse.Message.TrimEnd('.')}. Stop the other program, or choose another address with --listen.",
        AddressInUseException => "The address is in use. Stop the other program, or choose another address with --listen.",
        System.Net.Sockets.SocketException socket =>
            $"The address can't be listened on: {socket.Message}. Choose another with --listen.",
        SqliteException sqlite =>
            $"The catalog can't be opened: {sqlite.Message.TrimEnd('.')}. Check Catalog:File and the space and rights of its folder.",
        _ => null,
    };
}
