using System.CommandLine;
using Backstay.Controller.Commands;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Catalog;

/// <summary><c>backstay-controller catalog copy</c>.</summary>
internal sealed class CatalogCopyCommand : ControllerCommand
{
    private readonly Argument<string?> _file = new("FILE")
    {
        Description = "The SQLite catalog to copy (default: catalog.db in the data folder)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public CatalogCopyCommand(CommandLine line)
        : base(
            line,
            "copy",
            "Copy an SQLite catalog into the empty PostgreSQL database that the options name, for controllers to be started on it. All of it "
            + "arrives, or nothing; the file stays as it is. Stop the controller first.",
            "backstay-controller catalog copy --Catalog:Provider=postgres '--Catalog:ConnectionString=Host=db.example;Database=backstay;Username=backstay'",
            "backstay-controller catalog copy /srv/old/catalog.db") =>
        Arguments.Add(_file);

    protected override void AddServices(IServiceCollection services) => services.AddCatalog();

    protected override async Task<ExitCode> RunAsync(IServiceProvider services, ParseResult parse, CancellationToken cancellationToken)
    {
        var target = services.GetRequiredService<IOptions<CatalogOptions>>().Value;
        if (target.Provider is not CatalogProvider.Postgres)
            return await FailAsync(parse, "Set Catalog:Provider=postgres and Catalog:ConnectionString: they say where the copy goes.", ExitCode.Usage);

        var (output, error) = (parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
        var file = parse.GetValue(_file) ?? target.File;
        if (!File.Exists(file))
            return await FailAsync(parse, $"There is no catalog {file}.", ExitCode.NotFound);

        try
        {
            var rows = await CatalogCopy.RunAsync(file, target, new Told(error), cancellationToken);
            await output.WriteLineAsync($"{rows} rows of {file} are copied. Start the controllers with the same options; keep the file until they run.");
            return ExitCode.Ok;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await FailAsync(parse, "Interrupted. Nothing was copied.", ExitCode.Interrupted);
        }
    }

    private sealed class Told(TextWriter error) : IProgress<CopiedRows>
    {
        public void Report(CopiedRows value) => error.WriteLine($"{value.Table}: {value.Rows} rows");
    }
}
