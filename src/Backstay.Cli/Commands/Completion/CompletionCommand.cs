using System.CommandLine;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Commands.Completion;

/// <summary><c>backstay completion</c>: what teaches a shell this command line. The shell asks the program itself at every Tab.</summary>
internal sealed class CompletionCommand : CliCommand
{
    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh or fish", HelpName = "bash|zsh|fish" };

    public CompletionCommand(GlobalOptions global)
        : base(
            global,
            "completion",
            "Print the completion script of a shell",
            "source <(backstay completion bash)",
            "backstay completion bash > /etc/bash_completion.d/backstay",
            "backstay completion zsh > ~/.zfunc/_backstay    # with ~/.zfunc in fpath",
            "backstay completion fish > ~/.config/fish/completions/backstay.fish")
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Arguments.Add(_shell);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var name = $"completion.{invocation.Value(_shell)}";
        await using var resource = typeof(CompletionCommand).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program was built without {name}.");
        using var script = new StreamReader(resource);
        invocation.Terminal.Line((await script.ReadToEndAsync(cancellationToken)).TrimEnd());
        return ExitCode.Ok;
    }
}
