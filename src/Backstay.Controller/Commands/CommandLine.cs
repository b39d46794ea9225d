using Backstay.Controller.Hosting;

namespace Backstay.Controller.Commands;

/// <summary>
/// A command line in its two halves. Options of the configuration mean the same whether the program serves or runs a command, and may
/// stand anywhere; words are a noun, a verb and what they take.
/// </summary>
/// <param name="Settings">For the configuration, as its provider takes them.</param>
/// <param name="Words">None: the program serves.</param>
internal sealed record CommandLine(string[] Settings, string[] Words)
{
    public static CommandLine Split(string[] args)
    {
        List<string> settings = [], words = [];
        for (var i = 0; i < args.Length; i++)
        {
            if (!HostingServices.IsSetting(args[i]))
            {
                words.Add(args[i]);
                continue;
            }

            settings.Add(args[i]);
            if (!args[i].Contains('=', StringComparison.Ordinal) && i + 1 < args.Length)
            {
                settings.Add(args[++i]);
            }
        }

        return new CommandLine([.. settings], [.. words]);
    }
}
