using System.CommandLine;
using Backstay.Agent.Configuration;
using Backstay.Agent.Enrolment;
using Backstay.Agent.Platform;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Commands;

/// <summary>The tree of commands, and the options they share.</summary>
internal static class AgentCommand
{
    public const string DefaultConfiguration = "/etc/backstay/agent.json";
    public const string DefaultState = "/var/lib/backstay-agent";

    public static RootCommand Create(TimeProvider time)
    {
        var shared = new SharedOptions();
        return new RootCommand(
            $"""
            Collects this machine's configuration, state and logs, seals them, and sends them to a Backstay controller.

            Examples:
              backstay-agent enrol seed.json            make this machine known to its controller
              backstay appliance seed gateway-1 | ssh root@gateway-1 backstay-agent enrol -
                                                        the same from afar, without a file
              backstay-agent check                      find every mistake before the first backup does
              backstay-agent plan --logs --audit        what would be collected, and how much it is
              backstay-agent run                        wait for backups to be asked for (what the service does)

            {ExitCode.Help}
            """)
        {
            EnrolCommand.Create(shared, time),
            RunCommand.Create(shared, time),
            CheckCommand.Create(shared, time),
            PlanCommand.Create(shared, time),
        };
    }
}

/// <summary>Options of every command.</summary>
internal sealed class SharedOptions
{
    public Option<string> Configuration { get; } = new("--config")
    {
        Description = $"The configuration file. Default: {AgentCommand.DefaultConfiguration}, if there is one.",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string> State { get; } = new("--state")
    {
        Description = "The agent's folder: its credential, and bytes on their way.",
        HelpName = "DIR",
        DefaultValueFactory = _ => AgentCommand.DefaultState,
        Recursive = true,
    };

    public Option<bool> Verbose { get; } = new("--verbose") { Description = "Also log what is only of use when looking for a mistake." };

    public StateFolder StateOf(ParseResult parsed) => new(parsed.GetValue(State)!);

    public ILogger LoggerOf(ParseResult parsed) => StderrLogger.Create(parsed.GetValue(Verbose));

    /// <summary>The settings, or null after every mistake was written to the error output.</summary>
    public async Task<AgentSettings?> SettingsOfAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var given = parsed.GetValue(Configuration);
        var path = given ?? AgentCommand.DefaultConfiguration;
        var (settings, mistakes) = await ConfigurationReader.ReadFileAsync(path, mustExist: given is not null, cancellationToken);
        if (settings is not null)
            return settings;

        var error = parsed.InvocationConfiguration.Error;
        await error.WriteLineAsync($"{path} has {(mistakes.Count == 1 ? "a mistake" : $"{mistakes.Count} mistakes")}:");
        foreach (var mistake in mistakes)
            await error.WriteLineAsync($"  {mistake}");
        return null;
    }
}
