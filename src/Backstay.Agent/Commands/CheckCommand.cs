using System.CommandLine;
using Backstay.Agent.Configuration;
using Backstay.Agent.Connection;
using Backstay.Agent.Drills;
using Backstay.Agent.Enrolment;
using Backstay.Agent.Sources;
using Backstay.Archive;
using Backstay.Protocol.Agent;

namespace Backstay.Agent.Commands;

/// <summary><c>backstay-agent check</c>.</summary>
internal static class CheckCommand
{
    public static Command Create(SharedOptions shared, TimeProvider time)
    {
        var command = new Command(
            "check",
            "Names everything that could make a backup fail: configuration, enrolment, controllers, sources; and drills. Changes nothing.")
        {
            shared.Configuration, shared.State,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(shared, parsed, time, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        SharedOptions shared, ParseResult parsed, TimeProvider time, CancellationToken cancellationToken)
    {
        var output = parsed.InvocationConfiguration.Output;
        var state = shared.StateOf(parsed);
        var settings = await shared.SettingsOfAsync(parsed, cancellationToken);
        var failures = 0;
        var warnings = 0;

        foreach (var problem in await CheckEnrolmentAsync(state, output, time, cancellationToken))
        {
            failures++;
            await output.WriteLineAsync($"fail  {problem}");
        }

        if (settings is null)
            return ExitCode.Usage;

        foreach (var source in SourceList.Create(settings, Enum.GetValues<ArchiveSection>(), [state.Path], time))
        {
            var problems = await source.CheckAsync(cancellationToken);
            var gaps = await source.FindGapsAsync(cancellationToken);
            var word = (problems.Count, gaps.Count) switch
            {
                (0, 0) => "ok  ",
                ( > 0, _) when source.Required => "fail",
                _ => "warn",
            };
            await output.WriteLineAsync($"{word}  {source.Section.Word()}: {source.Name}");
            foreach (var problem in problems.Concat(gaps))
                await output.WriteLineAsync($"      {problem}");
            failures += source.Required ? problems.Count : 0;
            warnings += (source.Required ? 0 : problems.Count) + gaps.Count;
        }

        if (settings.Drill is { } drill)
        {
            var problems = CheckDrill(drill).ToList();
            problems.AddRange(await CheckUsersAsync(drill, time, cancellationToken));
            await output.WriteLineAsync($"{(problems.Count == 0 ? "ok  " : "fail")}  drill: {drill.Checks.Count} check(s)");
            foreach (var problem in problems)
                await output.WriteLineAsync($"      {problem}");
            failures += problems.Count;
        }

        foreach (var hint in UncollectedDatabases(settings))
        {
            warnings++;
            await output.WriteLineAsync($"warn  {hint}");
        }

        await output.WriteLineAsync(
            failures > 0 ? $"{failures} failure(s), {warnings} warning(s)." : warnings > 0 ? $"{warnings} warning(s)." : "All is well.");
        return failures > 0 ? ExitCode.Failure : warnings > 0 ? ExitCode.Warnings : ExitCode.Ok;
    }

    private static async Task<IReadOnlyList<string>> CheckEnrolmentAsync(
        StateFolder state, TextWriter output, TimeProvider time, CancellationToken cancellationToken)
    {
        if (state.Check() is { Count: > 0 } problems)
            return problems;

        try
        {
            var enrolment = await state.ReadAsync(cancellationToken);
            using var http = PinnedHandler.CreateClient(enrolment.Pins);
            var reports = new List<string>();
            foreach (var controller in enrolment.Controllers)
            {
                var client = new AgentClient(http, new AgentClientAddresses([controller]), enrolment.Credential, time);
                var reply = await client.PostHealthAsync(new MachineHealth("/proc").Read(), cancellationToken);
                if (reply.IsOk)
                    await output.WriteLineAsync($"ok    controller {controller} knows this machine as {enrolment.ApplianceName}");
                else
                    reports.Add($"controller {controller}: {reply.Message}");
            }

            return reports;
        }
        catch (EnrolmentException e)
        {
            return [e.Message];
        }
    }

    private static IEnumerable<string> CheckDrill(DrillSettings drill) => drill.KeyFiles.Select(DrillKey.Problem).OfType<string>()
        .Concat(drill.Checks.Select(check => check.Command[0]).Append("rm").Append("chmod")
            .Concat(drill.Checks.Any(check => check.RunAs is not null) ? ["chown", "runuser"] : [])
            .Where(program => ProcessRunner.Find(program) is null)
            .Distinct()
            .Select(program => $"{program} is not installed, or not on PATH."));

    private static async Task<IReadOnlyList<string>> CheckUsersAsync(DrillSettings drill, TimeProvider time, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var users = drill.Checks.Select(check => check.RunAs).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (users.Count > 0 && !Environment.IsPrivilegedProcess)
            problems.Add("runAs of a check takes root; run the agent, and this command, as root.");
        foreach (var user in users)
        {
            try
            {
                await ProcessRunner.ReadAsync(new ProcessRequest(["id", "-u", "--", user], TimeSpan.FromSeconds(15)), time, cancellationToken);
            }
            catch (SourceFailedException)
            {
                problems.Add($"runAs: there is no user {user} on this machine.");
            }
        }

        return problems;
    }

    /// <summary>The default sources leave the files of database servers out; that must not go unnoticed.</summary>
    private static IEnumerable<string> UncollectedDatabases(AgentSettings settings)
    {
        var sources = settings.Sections[ArchiveSection.State];
        return from database in DefaultSources.DatabaseFolders
               where Directory.Exists(database.Key) && Directory.EnumerateFileSystemEntries(database.Key).Any()
               where !(database.Value == "PostgreSQL" && sources.OfType<PostgreSqlSettings>().Any())
               where !sources.OfType<FilesSettings>().Any(files => files.Paths.Contains(database.Key))
               where !sources.OfType<CommandSettings>().Any(command => !command.IsDefault)
               select $"{database.Key} holds data of {database.Value}, which no source of the section state collects. "
                   + (database.Value == "PostgreSQL" ? "Add { \"postgresql\": {} }." : "Add a \"command\" that dumps it.");
    }
}
