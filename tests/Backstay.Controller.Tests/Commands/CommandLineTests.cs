using Backstay.Controller.Commands;

namespace Backstay.Controller.Tests.Commands;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", "", "")]
    [InlineData("--data /d", "--data /d", "")]
    [InlineData("--data=/d catalog rebuild", "--data=/d", "catalog rebuild")]
    [InlineData("catalog rebuild --data /d --Storage:Folder /s", "--data /d --Storage:Folder /s", "catalog rebuild")]
    [InlineData("--Listen:Urls https://*:1 catalog restore file --Data:Folder=/d", "--Listen:Urls https://*:1 --Data:Folder=/d", "catalog restore file")]
    [InlineData("--environment=Production --hostOptions=", "--environment=Production --hostOptions=", "")]
    [InlineData("--help", "", "--help")]
    [InlineData("--dta /d", "", "--dta /d")]
    public void Options_of_the_configuration_are_told_from_words_wherever_they_stand(string line, string settings, string words)
    {
        var split = CommandLine.Split(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((settings, words), (string.Join(' ', split.Settings), string.Join(' ', split.Words)));
    }

    [Theory]
    [InlineData("nonsense", "'nonsense'")]
    [InlineData("catalog nonsense", "'nonsense'")]
    [InlineData("catalog", "Required command")]
    [InlineData("catalog restore", "Required argument")]
    [InlineData("--dta /somewhere", "'--dta'")]
    public async Task What_is_not_understood_is_exit_code_2_and_nothing_is_done(string line, string named)
    {
        var (code, output, errors) = await ControllerProgram.RunAsync(line.Split(' '));
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.Contains("--help", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "--listen")]
    [InlineData("catalog rebuild --help", "backstay-controller catalog rebuild")]
    [InlineData("catalog restore --help", "backstay-controller catalog restore")]
    public async Task Help_shows_examples_and_exit_codes(string line, string named)
    {
        var (code, output, errors) = await ControllerProgram.RunAsync(line.Split(' '));
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains(named, output, StringComparison.Ordinal);
        Assert.Contains("finished with warnings", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_reads_the_same_options_as_the_server()
    {
        var (code, _, errors) = await ControllerProgram.RunAsync("catalog", "rebuild", "--Storage:OrphanGrace=00:00:00", "--data", "/proc/nowhere");
        Assert.Equal(1, code);
        Assert.Contains("OrphanGrace", errors, StringComparison.Ordinal);
    }
}
