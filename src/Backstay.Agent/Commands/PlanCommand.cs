using System.CommandLine;
using System.Globalization;
using Backstay.Agent.Configuration;
using Backstay.Agent.Sources;

namespace Backstay.Agent.Commands;

/// <summary><c>backstay-agent plan</c>.</summary>
internal static class PlanCommand
{
    public static Command Create(SharedOptions shared, TimeProvider time)
    {
        var logs = new Option<bool>("--logs") { Description = "As a backup that includes the logs." };
        var audit = new Option<bool>("--audit") { Description = "As a backup that includes the audit logs." };
        var command = new Command("plan", "Shows what a backup would collect, source by source, with estimated files and bytes.")
        {
            logs, audit, shared.Configuration, shared.State,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            shared, parsed, parsed.GetValue(logs), parsed.GetValue(audit), time, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        SharedOptions shared, ParseResult parsed, bool logs, bool audit, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await shared.SettingsOfAsync(parsed, cancellationToken) is not { } settings)
            return ExitCode.Usage;

        var output = parsed.InvocationConfiguration.Output;
        long files = 0, bytes = 0;
        await WriteAsync("section", "files", "size", "source");
        foreach (var source in SourceList.Create(settings, Sections.AskedFor(logs, audit), [shared.StateOf(parsed).Path], time))
        {
            var estimate = await source.EstimateAsync(cancellationToken);
            files += estimate.Files;
            bytes += estimate.Bytes;
            await WriteAsync(source.Section.Word(), Number(estimate.Files), Size(estimate.Bytes), source.Name);
        }

        await WriteAsync("all", Number(files), Size(bytes), "before compression; dumps and outputs of commands aren't known before");
        return ExitCode.Ok;

        Task WriteAsync(string section, string count, string size, string source) =>
            output.WriteLineAsync($"{section,-8} {count,10} {size,10}  {source}");
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = bytes == 0 ? 0 : Math.Min((int)Math.Log(bytes, 1024), units.Length - 1);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / Math.Pow(1024, unit):0.#} {units[unit]}");
    }
}
