using System.CommandLine;
using Backstay.Agent.Connection;
using Backstay.Agent.Enrolment;
using Backstay.Agent.Platform;

namespace Backstay.Agent.Commands;

/// <summary><c>backstay-agent run</c>.</summary>
internal static class RunCommand
{
    public static Command Create(SharedOptions shared, TimeProvider time)
    {
        var command = new Command("run", "Waits for backups to be asked for, and makes them, until it is told to stop (SIGTERM, Ctrl-C).")
        {
            shared.Configuration, shared.State, shared.Verbose,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(shared, parsed, time, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        SharedOptions shared, ParseResult parsed, TimeProvider time, CancellationToken cancellationToken)
    {
        var error = parsed.InvocationConfiguration.Error;
        if (await shared.SettingsOfAsync(parsed, cancellationToken) is not { } settings)
            return ExitCode.Usage;

        var state = shared.StateOf(parsed);
        if (state.Check() is { Count: > 0 } problems)
        {
            foreach (var problem in problems)
                await error.WriteLineAsync(problem);
            return state.IsEnrolled ? ExitCode.Failure : ExitCode.NotFound;
        }

        try
        {
            await using var held = state.TryLock();
            if (held is null)
            {
                await error.WriteLineAsync($"Another agent runs with {state.Path}. Stop it first, or give this one another --state.");
                return ExitCode.Failure;
            }

            var enrolment = await state.ReadAsync(cancellationToken);
            var host = new AgentHost(settings, state, enrolment, SystemdNotifier.FromEnvironment(), time, shared.LoggerOf(parsed));
            await host.RunAsync(cancellationToken);
            return ExitCode.Ok;
        }
        catch (CredentialRevokedException e)
        {
            await error.WriteLineAsync($"The controller refused this machine: {e.Message} Enrol it again: backstay-agent enrol --force SEED");
            return ExitCode.NotAllowed;
        }
        catch (Exception e) when (e is EnrolmentException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(e.Message);
            return ExitCode.Failure;
        }
    }
}
