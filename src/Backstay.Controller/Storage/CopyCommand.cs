using System.CommandLine;
using System.Data.Common;
using Backstay.Controller.Catalog;
using Backstay.Controller.Commands;
using Backstay.Controller.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Storage;

/// <summary><c>backstay-controller store copy</c>.</summary>
internal sealed class CopyCommand : ControllerCommand
{
    /// <summary>Where the options of the store to copy to are: shaped as <c>Storage</c> is.</summary>
    public const string Section = "To";

    private readonly Option<bool> _remove = new("--remove-source")
    {
        Description = "Delete each archive from the store that it came from, once its copy was read back and found to be the same",
    };

    private readonly Option<bool> _deleteExtraneous = new("--delete-extraneous")
    {
        Description = "When all is copied, delete archives that the configured store has no longer from the other one; never one that is held or "
            + "locked, or that the catalog lists",
    };

    public CopyCommand(CommandLine line)
        : base(
            line,
            "copy",
            "Copy all archives and their sidecars from the configured store to another one, named by options that begin with --To: where "
            + "the configured one's begin with --Storage:. What is there already isn't copied again; every copy is read back and compared "
            + "with the digest in its sidecar. Run it until it ends with 0: what was interrupted goes on. Archives that only the other store has are named at the end.",
            "backstay-controller store copy --To:Provider=s3 --To:S3:Endpoint=https://s3.example.com --To:S3:Bucket=backups",
            "backstay-controller store copy --To:Folder=/mnt/archives --remove-source",
            "backstay-controller store copy --To:Folder=/mnt/archives --delete-extraneous")
    {
        Options.Add(_remove);
        Options.Add(_deleteExtraneous);
    }

    protected override void AddServices(IServiceCollection services)
    {
        services.AddStorage();
        services.AddCatalog();
        services.AddOptions<StorageOptions>(Section).BindConfiguration(Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<FolderStoreOptions>(Section).BindConfiguration(Section).ValidateOnStart();
        services.AddOptions<S3StoreOptions>(Section).BindConfiguration($"{Section}:S3").ValidateOnStart();
        services.AddSingleton<IValidateOptions<FolderStoreOptions>, FolderIsNamed>();
    }

    protected override async Task<ExitCode> RunAsync(IServiceProvider services, ParseResult parse, CancellationToken cancellationToken)
    {
        if (parse.GetValue(_remove) && parse.GetValue(_deleteExtraneous))
            return await FailAsync(parse, "--remove-source moves archives, --delete-extraneous follows deletions: give one of them.", ExitCode.Usage);

        var from = services.GetRequiredService<OpenedStore>();
        using var to = OpenedStore.Open(services, Section);
        if (to.Name == from.Name)
            return await FailAsync(parse, $"Both stores are {from.Name}. Name another one with --{Section}:…", ExitCode.Usage);

        await foreach (var finding in to.Check.RunAsync(cancellationToken))
        {
            if (finding.Fault is { } fault)
                return await FailAsync(parse, $"{to.Name} can't be used: {fault.Message}", fault.Lasting ? ExitCode.Failure : ExitCode.Unreachable);
        }

        var listed = parse.GetValue(_deleteExtraneous) ? await ListedAsync(services, cancellationToken) : null;
        var time = services.GetRequiredService<TimeProvider>();
        var copied = await CopyAsync(new StoreCopy(from.Store, to.Store, time), parse, cancellationToken);
        if (copied != ExitCode.Failure)
            await CopyIdAsync(from, to, parse, cancellationToken);
        if (parse.GetValue(_remove))
            return copied; // what only the other store has is what was moved there

        // Deleting waits until all is well.
        var mayDelete = copied is ExitCode.Ok or ExitCode.Warnings;
        var left = await LeftOverAsync(
            new ExtraneousArchives(from.Store, to.Store, mayDelete ? listed : null, time), parse, cancellationToken);
        return copied is ExitCode.Ok ? left : copied;
    }

    private async Task<ExitCode> CopyAsync(StoreCopy copy, ParseResult parse, CancellationToken cancellationToken)
    {
        var output = parse.InvocationConfiguration.Output;
        Dictionary<CopyOutcome, int> count = [];
        await foreach (var item in copy.RunAsync(parse.GetValue(_remove), cancellationToken))
        {
            await output.WriteLineAsync(item.ToString());
            count[item.Outcome] = Of(item.Outcome) + 1;
        }

        await output.WriteLineAsync(
            $"{Of(CopyOutcome.Copied)} copied, {Of(CopyOutcome.Present)} were there already, {Of(CopyOutcome.WithoutSidecar)} copied without a "
            + $"digest to compare with, {Of(CopyOutcome.Damaged)} damaged, {Of(CopyOutcome.Failed)} failed.");
        return Of(CopyOutcome.Damaged) > 0 ? ExitCode.Integrity
            : Of(CopyOutcome.Failed) > 0 ? ExitCode.Failure
            : Of(CopyOutcome.WithoutSidecar) > 0 ? ExitCode.Warnings
            : ExitCode.Ok;

        int Of(CopyOutcome outcome) => count.GetValueOrDefault(outcome);
    }

    /// <returns>Whether the other store has what the configured one has not.</returns>
    private static async Task<ExitCode> LeftOverAsync(ExtraneousArchives extraneous, ParseResult parse, CancellationToken cancellationToken)
    {
        var output = parse.InvocationConfiguration.Output;
        Dictionary<ExtraneousOutcome, int> count = [];
        await foreach (var item in extraneous.RunAsync(cancellationToken))
        {
            await output.WriteLineAsync(item.ToString());
            count[item.Outcome] = Of(item.Outcome) + 1;
        }

        if (count.Count == 0)
            return ExitCode.Ok;

        await output.WriteLineAsync(
            $"{count.Values.Sum()} in the other store alone: {Of(ExtraneousOutcome.Deleted)} deleted, {Of(ExtraneousOutcome.Kept)} kept, "
            + $"{Of(ExtraneousOutcome.Failed)} failed, {Of(ExtraneousOutcome.Found)} left (--delete-extraneous deletes them when all is copied).");
        return Of(ExtraneousOutcome.Failed) > 0 ? ExitCode.Failure
            : Of(ExtraneousOutcome.Found) + Of(ExtraneousOutcome.Kept) > 0 ? ExitCode.Warnings
            : ExitCode.Ok;

        int Of(ExtraneousOutcome outcome) => count.GetValueOrDefault(outcome);
    }

    /// <summary>
    /// The backups whose archives have to be somewhere. A store that lacks them, as they were moved or lost, is no reason to delete what may
    /// be the last copy.
    /// </summary>
    /// <exception cref="StartupException">The catalog can't say.</exception>
    private static async Task<IReadOnlySet<Guid>> ListedAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var catalog = services.GetRequiredService<CatalogContext>();
        try
        {
            if (await catalog.Database.CanConnectAsync(cancellationToken))
                return await catalog.Backups.Where(b => b.Deleted == null).Select(b => b.Id).ToHashSetAsync(cancellationToken);
        }
        catch (DbException exception)
        {
            throw new StartupException($"The catalog can't be asked which backups it lists ({exception.Message}); nothing was copied or deleted.", exception);
        }

        throw new StartupException("There is no catalog to ask which backups it lists; nothing was copied or deleted. Name it with --data or --Catalog:….");
    }

    /// <summary>
    /// Once all archives are there, the copy may be used in the place of the first store: it gets its id. One that has another already, as
    /// when a controller was started on it, keeps that.
    /// </summary>
    private static async Task CopyIdAsync(OpenedStore from, OpenedStore to, ParseResult parse, CancellationToken cancellationToken)
    {
        var (id, there) = (await from.Marker.ReadAsync(cancellationToken), await to.Marker.ReadAsync(cancellationToken));
        if (id is null || there == id)
            return;
        if (there is null)
            await to.Marker.WriteAsync(id.Value, cancellationToken);
        else
            await parse.InvocationConfiguration.Output.WriteLineAsync(
                $"{to.Name} keeps its own {StoreMarker.Name}. To use it in the place of {from.Name}, run with its options: backstay-controller store adopt");
    }

    /// <summary>The store to copy to has no folder by default.</summary>
    private sealed class FolderIsNamed(IOptionsMonitor<StorageOptions> storage) : IValidateOptions<FolderStoreOptions>
    {
        public ValidateOptionsResult Validate(string? name, FolderStoreOptions options) =>
            name != Section || storage.Get(Section).Provider != StoreProvider.Folder || options.Folder is not ""
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail($"Name the store to copy to: --{Section}:Folder=DIR, or --{Section}:Provider=s3 with --{Section}:S3:Bucket=NAME.");
    }
}
