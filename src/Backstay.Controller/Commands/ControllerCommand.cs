using System.CommandLine;
using Backstay.Controller.Hosting;
using Backstay.Controller.Storage;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Commands;

/// <summary>
/// A command that does its work and ends, beside controllers that serve or without any. It has the server's configuration and those of
/// its services that it adds; nothing is listened on, and no background work runs. What it throws becomes a line and an exit code here.
/// </summary>
internal abstract class ControllerCommand : Command
{
    private readonly CommandLine _line;

    /// <param name="examples">Command lines, for <c>--help</c>.</param>
    protected ControllerCommand(CommandLine line, string name, string description, params IReadOnlyList<string> examples)
        : base(name, description)
    {
        _line = line;
        Examples = examples;
        SetAction(InvokeAsync);
    }

    public IReadOnlyList<string> Examples { get; }

    /// <summary>What the command needs besides options, data folder and clock.</summary>
    protected abstract void AddServices(IServiceCollection services);

    /// <param name="services">A scope of its own; all options are valid.</param>
    protected abstract Task<ExitCode> RunAsync(IServiceProvider services, ParseResult parse, CancellationToken cancellationToken);

    private async Task<int> InvokeAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        try
        {
            // The builder of the server, so that every source of configuration is the same one.
            var builder = WebApplication.CreateBuilder(_line.Settings);
            builder.AddFoundation(_line.Settings);
            builder.LogToStandardError();
            AddServices(builder.Services);
            await using var app = builder.Build();
            app.Services.GetService<IStartupValidator>()?.Validate();
            await using var scope = app.Services.CreateAsyncScope();
            return (int)await RunAsync(scope.ServiceProvider, parse, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await parse.InvocationConfiguration.Error.WriteLineAsync("Interrupted. What was done is kept; run the command again to go on.");
            return (int)ExitCode.Interrupted;
        }
        catch (ArchiveStoreException exception)
        {
            return (int)await FailAsync(parse, exception.Message, ExitCode.Unreachable);
        }
        catch (Exception exception) when (StartupFailure.Explain(exception) is { } reason)
        {
            return (int)await FailAsync(parse, reason, ExitCode.Failure);
        }
    }

    /// <summary>Says on the error output why it didn't work.</summary>
    protected static async Task<ExitCode> FailAsync(ParseResult parse, string reason, ExitCode code)
    {
        await parse.InvocationConfiguration.Error.WriteLineAsync($"backstay-controller: {reason}");
        return code;
    }
}
