using System.CommandLine;
using Backstay.Controller.Commands;
using Backstay.Controller.Hosting;

namespace Backstay.Controller.Catalog;

/// <summary><c>backstay-controller catalog restore</c>.</summary>
internal sealed class RestoreCommand : ControllerCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "An SQLite copy of a catalog, as an agent's sqlite source or sqlite3 .backup makes it" };

    public RestoreCommand(CommandLine line)
        : base(
            line,
            "restore",
            "Put a copy of an SQLite catalog in the place of the one in use, which stays under another name; then add what happened after "
            + "the copy was made, as rebuild does. Stop the controller first. Everybody has to sign in again.",
            "backstay-controller catalog restore /root/restored/state/databases/sqlite/var/lib/backstay/catalog.db",
            "backstay-controller catalog restore catalog.db --data /srv/backstay") =>
        Arguments.Add(_file);

    protected override void AddServices(IServiceCollection services)
    {
        RebuildCommand.AddRebuild(services);
        services.AddScoped<CatalogRestore>();
    }

    protected override async Task<ExitCode> RunAsync(IServiceProvider services, ParseResult parse, CancellationToken cancellationToken)
    {
        string? before;
        try
        {
            services.GetRequiredService<DataFolder>().Prepare();
            before = await services.GetRequiredService<CatalogRestore>().RunAsync(parse.GetRequiredValue(_file), cancellationToken);
        }
        catch (FileNotFoundException exception)
        {
            return await FailAsync(parse, exception.Message, ExitCode.NotFound);
        }

        await parse.InvocationConfiguration.Output.WriteLineAsync(
            before is null ? "The catalog is restored." : $"The catalog is restored. The one before is {before}.");
        await (await services.GetRequiredService<CatalogStart>().EnterAsync(cancellationToken)).DisposeAsync();
        return await RebuildCommand.ReportAsync(services, parse, cancellationToken);
    }
}
