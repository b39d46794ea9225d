using System.CommandLine;
using Backstay.Controller.Commands;

namespace Backstay.Controller.Storage;

/// <summary><c>backstay-controller store check</c>.</summary>
internal sealed class CheckCommand(CommandLine line) : ControllerCommand(
    line,
    "check",
    "Try everything that the archive store has to be able to do, and say what is missing. Writes, reads and deletes a probe; touches "
    + "nothing else. The controller does the same when it starts.",
    "backstay-controller store check",
    "backstay-controller store check --Storage:Provider=s3 --Storage:S3:Endpoint=https://s3.example.com --Storage:S3:Bucket=backups")
{
    protected override void AddServices(IServiceCollection services) => services.AddStorage();

    protected override async Task<ExitCode> RunAsync(IServiceProvider services, ParseResult parse, CancellationToken cancellationToken)
    {
        var store = services.GetRequiredService<OpenedStore>();
        var output = parse.InvocationConfiguration.Output;
        await output.WriteLineAsync($"Checking {store.Name}");
        await foreach (var finding in store.Check.RunAsync(cancellationToken))
        {
            await output.WriteLineAsync(finding.ToString());
            if (finding.Fault is { } fault)
                return fault.Lasting ? ExitCode.Failure : ExitCode.Unreachable;
        }

        await output.WriteLineAsync("The store can be used.");
        return ExitCode.Ok;
    }
}
