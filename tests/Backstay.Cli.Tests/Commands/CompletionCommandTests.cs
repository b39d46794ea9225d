using Backstay.Cli.Tests.Running;

namespace Backstay.Cli.Tests.Commands;

/// <summary>In a real bash: what Tab would offer.</summary>
public sealed class CompletionCommandTests
{
    [Theory]
    [InlineData("backstay ba", "backup")]
    [InlineData("backstay backup ", "run list show download delete cancel")]
    [InlineData("backstay backup run --n", "--notify-url")]
    [InlineData("backstay --output ", "json table")]
    [InlineData("backstay completion ", "bash zsh fish")]
    [InlineData("backstay schedule ", "list show appliances next add set pause resume run remove")]
    [InlineData("backstay keys ", "list add confirm remove rotate-passphrase reveal which sheet")]
    [InlineData("backstay backup download gw-01 ", "latest")]
    [InlineData("backstay restore gw-01 ", "latest --dry-run --target")]
    [InlineData("backstay appliance re", "remove replace")]
    public async Task Tab_offers_what_can_come_next(string typed, string expected)
    {
        var offered = await CompleteAsync(typed);

        Assert.Superset(expected.Split(' ').ToHashSet(), offered.ToHashSet());
        var word = typed[(typed.LastIndexOf(' ') + 1)..];
        Assert.All(offered, suggestion => Assert.StartsWith(word, suggestion, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tab_in_the_middle_of_a_line_completes_the_word_at_the_cursor()
    {
        var offered = await CompleteAsync("backstay backup ru --wait", cursor: "backstay backup ru".Length, word: 2);

        Assert.Equal(["run"], offered);
    }

    [Theory]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task The_scripts_of_other_shells_parse_where_the_shell_is_installed(string shell)
    {
        var script = await CliProcess.RunAsync(["completion", shell]);
        Assert.Equal(0, script.ExitCode);
        Assert.Contains("[suggest:", script.Output, StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("script"), script.Output);
        var found = await CliProcess.RunAsync(["-c", $"command -v {shell}"], program: "/bin/sh");
        if (found.ExitCode == 0)
        {
            var parsed = await CliProcess.RunAsync(["-n", folder.File("script")], program: found.Output.Trim());
            Assert.True(parsed.ExitCode == 0, parsed.ToString());
        }
    }

    private static async Task<string[]> CompleteAsync(string line, int? cursor = null, int? word = null)
    {
        var words = line.Split(' ');
        var script =
            $"""
            PATH="{Path.GetDirectoryName(Programs.Cli)}:$PATH"
            source <(backstay completion bash)
            COMP_LINE='{line}'
            COMP_POINT={cursor ?? line.Length}
            COMP_WORDS=({string.Join(' ', words.Select(text => $"'{text}'"))})
            COMP_CWORD={word ?? words.Length - 1}
            $(complete -p backstay | sed 's/.*-F \([^ ]*\).*/\1/') backstay
            printf '%s\n' "$COMPREPLY" "${"{COMPREPLY[@]:1}"}"
            """;
        var result = await CliProcess.RunAsync(["--norc", "-c", script], program: "/bin/bash");
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
