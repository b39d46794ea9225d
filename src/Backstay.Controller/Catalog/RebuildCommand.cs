using System.CommandLine;
using Backstay.Controller.Commands;
using Backstay.Controller.Hosting;
using Backstay.Controller.Notifications;
using Backstay.Controller.Storage;

namespace Backstay.Controller.Catalog;

/// <summary><c>backstay-controller catalog rebuild</c>.</summary>
internal sealed class RebuildCommand(CommandLine line) : ControllerCommand(
    line,
    "rebuild",
    "List every archive in the store again: make the rows that the catalog lacks from the sidecars beside the archives. Changes no row "
    + "that is there, and nothing in the store. Rebuilt appliances have to be enrolled again; the next start makes users and settings.",
    "backstay-controller catalog rebuild",
    "backstay-controller catalog rebuild --data /srv/backstay --Storage:Folder=/mnt/archives")
{
    /// <summary>What <see cref="ReportAsync"/> needs.</summary>
    public static void AddRebuild(IServiceCollection services)
    {
        services.AddCatalog();
        services.AddStorage();

        // As it is found: the next start makes a store that the catalog doesn't know its own.
        services.AddSingleton(provider => provider.GetRequiredService<OpenedStore>().Store);
        services.AddSingleton<NotificationOutbox>();
        services.AddScoped<CatalogRebuild>();
    }

    protected override void AddServices(IServiceCollection services) => AddRebuild(services);

    protected override async Task<ExitCode> RunAsync(IServiceProvider services, ParseResult parse, CancellationToken cancellationToken)
    {
        services.GetRequiredService<DataFolder>().Prepare();
        await (await services.GetRequiredService<CatalogStart>().EnterAsync(cancellationToken)).DisposeAsync();
        return await ReportAsync(services, parse, cancellationToken);
    }

    /// <summary>Rebuilds, and says what came of it.</summary>
    /// <exception cref="StartupException">The store isn't that of the catalog.</exception>
    public static async Task<ExitCode> ReportAsync(IServiceProvider services, ParseResult parse, CancellationToken cancellationToken)
    {
        if (await services.GetRequiredService<StoreIdentity>().SettleAsync(mark: false, cancellationToken) is { } wrong)
            throw new StartupException($"There is nothing to rebuild from: {wrong}");

        var (output, error) = (parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
        var report = await services.GetRequiredService<CatalogRebuild>().RunAsync(
            problem => output.WriteLine($"problem: {problem}"),
            (done, of) => error.WriteLine($"{done} of {of} archives looked at"),
            cancellationToken);
        await output.WriteLineAsync(
            $"{report.Archives} archives with a sidecar: {report.Added} backups added, {report.Known} already in the catalog. "
            + $"{report.Appliances} appliances added. {report.Problems} problems.");
        return report.Problems == 0 ? ExitCode.Ok : ExitCode.Warnings;
    }
}
