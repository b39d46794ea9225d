using System.CommandLine;

namespace Backstay.Controller.Commands;

/// <summary>A noun: it does nothing itself, its verbs do.</summary>
internal sealed class CommandGroup : Command
{
    public CommandGroup(string name, string description, params IEnumerable<Command> verbs)
        : base(name, description)
    {
        foreach (var verb in verbs)
        {
            Subcommands.Add(verb);
        }
    }
}
