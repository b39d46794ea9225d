using System.CommandLine;
using Backstay.Controller.Commands;
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

    public CopyCommand(CommandLine line)
        : base(
            line,
            "copy",
            "Copy all archives and their sidecars from the configured store to another one, named by options that begin with --To: where "
            + "the configured one's begin with --Storage:. What is there already isn't copied again; every copy is read back and compared "
            + "with the digest in its sidecar. Run it until it ends with 0: what was interrupted goes on.",
            "backstay-controller store copy --To:Provider=s3 --To:S3:Endpoint=https://s3.example.com --To:S3:Bucket=backups",
            "backstay-controller store copy --To:Folder=/mnt/archives --remove-source") => Options.Add(_remove);

    protected override void AddServices(IServiceCollection services)
    {
        services.AddStorage();
        services.AddOptions<StorageOptions>(Section).BindConfiguration(Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<FolderStoreOptions>(Section).BindConfiguration(Section).ValidateOnStart();
        services.AddOptions<S3StoreOptions>(Section).BindConfiguration($"{Section}:S3").ValidateOnStart();
        services.AddSingleton<IValidateOptions<FolderStoreOptions>, FolderIsNamed>();
    }

    protected override async Task<ExitCode> RunAsync(IServiceProvider services, ParseResult parse, CancellationToken cancellationToken)
    {
        var from = services.GetRequiredService<OpenedStore>();
        var to = OpenedStore.Open(services, Section);
        try
        {
            if (to.Name == from.Name)
                return await FailAsync(parse, $"Both stores are {from.Name}. Name another one with --{Section}:…", ExitCode.Usage);

            await foreach (var finding in to.Check.RunAsync(cancellationToken))
            {
                if (finding.Fault is { } fault)
                    return await FailAsync(parse, $"{to.Name} can't be used: {fault.Message}", fault.Lasting ? ExitCode.Failure : ExitCode.Unreachable);
            }

            return await CopyAsync(new StoreCopy(from.Store, to.Store), parse, cancellationToken);
        }
        finally
        {
            (to.Store as IDisposable)?.Dispose();
        }
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

    /// <summary>The store to copy to has no folder by default.</summary>
    private sealed class FolderIsNamed(IOptionsMonitor<StorageOptions> storage) : IValidateOptions<FolderStoreOptions>
    {
        public ValidateOptionsResult Validate(string? name, FolderStoreOptions options) =>
            name != Section || storage.Get(Section).Provider != StoreProvider.Folder || options.Folder is not ""
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail($"Name the store to copy to: --{Section}:Folder=DIR, or --{Section}:Provider=s3 with --{Section}:S3:Bucket=NAME.");
    }
}
