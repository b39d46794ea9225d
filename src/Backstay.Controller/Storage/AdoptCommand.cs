using System.CommandLine;
using Backstay.Controller.Catalog;
using Backstay.Controller.Commands;
using Backstay.Controller.Hosting;

namespace Backstay.Controller.Storage;

/// <summary><c>backstay-controller store adopt</c>.</summary>
internal sealed class AdoptCommand(CommandLine line) : ControllerCommand(
    line,
    "adopt",
    "Take the configured store for the one of the catalog from now on, as after its archives were copied there without their store-id, or after it was "
    + "lost. What the catalog lists and this store lacks is found damaged then: run catalog rebuild to see what that is. Stop the controllers first.",
    "backstay-controller store adopt",
    "backstay-controller store adopt --Storage:Folder=/mnt/archives")
{
    protected override void AddServices(IServiceCollection services)
    {
        services.AddCatalog();
        services.AddStorage();
    }

    protected override async Task<ExitCode> RunAsync(IServiceProvider services, ParseResult parse, CancellationToken cancellationToken)
    {
        services.GetRequiredService<DataFolder>().Prepare();
        await using var turn = await services.GetRequiredService<CatalogStart>().EnterAsync(cancellationToken);
        var id = await services.GetRequiredService<StoreIdentity>().AdoptAsync(cancellationToken);
        await parse.InvocationConfiguration.Output.WriteLineAsync($"The store of the catalog is {services.GetRequiredService<OpenedStore>().Name} ({id}).");
        return ExitCode.Ok;
    }
}
