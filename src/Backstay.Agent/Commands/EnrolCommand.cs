using System.CommandLine;
using Backstay.Agent.Connection;
using Backstay.Agent.Enrolment;
using Backstay.Protocol.Agent;

namespace Backstay.Agent.Commands;

/// <summary><c>backstay-agent enrol SEED</c>.</summary>
internal static class EnrolCommand
{
    private const long LargestSeed = 64 * 1024;

    public static Command Create(SharedOptions shared, TimeProvider time)
    {
        var seed = new Argument<string>("SEED") { Description = "The seed's file, or - for the standard input." };
        var force = new Option<bool>("--force") { Description = "Replace the enrolment that this machine has." };
        var command = new Command(
            "enrol",
            "Makes this machine known to a controller, with a seed that was exported there. A seed works once.")
        {
            seed, force, shared.State,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(seed)!, parsed.GetValue(force), shared.StateOf(parsed), parsed.InvocationConfiguration, time,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        string seedFile, bool force, StateFolder state, InvocationConfiguration console, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (state.IsEnrolled && !force)
        {
            await console.Error.WriteLineAsync($"This machine is enrolled already ({state.CredentialFile}). To replace that: --force");
            return ExitCode.Failure;
        }

        try
        {
            var seed = Enroller.ParseSeed(await ReadAsync(seedFile, cancellationToken), time);
            state.Create(); // before the token is used up: an unwritable folder must not cost it
            using var http = PinnedHandler.CreateClient(seed.Pins);
            var (verdict, enrolment, message) = await Enroller.EnrolAsync(seed, http, time, cancellationToken);
            if (enrolment is null)
            {
                await console.Error.WriteLineAsync(message);
                return verdict switch
                {
                    AgentVerdict.TryAgain => ExitCode.Unreachable,
                    AgentVerdict.Unauthorized => ExitCode.NotAllowed,
                    _ => ExitCode.Failure,
                };
            }

            await state.WriteAsync(enrolment, cancellationToken);
            await console.Output.WriteLineAsync(
                $"Enrolled as {enrolment.ApplianceName} ({enrolment.ApplianceId}). Next: backstay-agent check, then start the service.");
            return ExitCode.Ok;
        }
        catch (FileNotFoundException e)
        {
            await console.Error.WriteLineAsync(e.Message);
            return ExitCode.NotFound;
        }
        catch (Exception e) when (e is EnrolmentException or IOException or UnauthorizedAccessException)
        {
            await console.Error.WriteLineAsync(e.Message);
            return ExitCode.Failure;
        }
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        if (file == "-")
            return await Console.In.ReadToEndAsync(cancellationToken);

        return new FileInfo(file) is { Exists: true, Length: > LargestSeed }
            ? throw new EnrolmentException($"{file} is too large to be a seed.")
            : await File.ReadAllTextAsync(file, cancellationToken);
    }
}
