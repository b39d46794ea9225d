using Backstay.Agent.Configuration;
using Xunit;

namespace Backstay.Agent.Tests.Configuration;

public sealed class DrillReaderTests
{
    [Fact]
    public void Without_the_section_a_machine_drills_nothing() => Assert.Null(ConfigurationReader.Read("{}").Settings!.Drill);

    [Fact]
    public void A_whole_section_is_read()
    {
        var drill = ConfigurationReader.Read(
            """
            { "drill": {
              "scratchDirectory": "/srv/drill", "spaceLimit": "64GiB", "secretKeyFile": "/etc/backstay/key.asc",
              "secretKeyPassphraseFile": "/etc/backstay/key.pass",
              "checks": [
                { "name": "orders", "command": ["/usr/local/bin/orders", "--all"], "timeout": "5m", "appliances": ["shop"], "tags": ["t"], "functions": ["Gateway"] },
                { "name": "any", "command": ["true"] }
              ] } }
            """).Settings!.Drill!;

        Assert.Equal(
            ("/srv/drill", 64L << 30, null, "/etc/backstay/key.asc", "/etc/backstay/key.pass"),
            (drill.ScratchDirectory, drill.SpaceLimit, drill.PassphraseFile, drill.SecretKeyFile, drill.SecretKeyPassphraseFile));
        Assert.Equal([TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)], drill.Checks.Select(check => check.Timeout));
        Assert.Equal(["/usr/local/bin/orders", "--all"], drill.Checks[0].Command);
    }

    [Theory]
    [InlineData("""{}""", "drill: no key; name the passphraseFile or the secretKeyFile that opens the archives.")]
    [InlineData("""{ "passphraseFile": "/a", "secretKeyFile": "/b" }""", "drill: passphraseFile and secretKeyFile; name one of them.")]
    [InlineData("""{ "passphraseFile": "/a", "spaceLimit": "much" }""", "drill.spaceLimit: expected a size such as \"200GB\" or \"64GiB\", at least 1MB, found \"much\".")]
    [InlineData("""{ "passphraseFile": "/a", "checks": [ { "name": "a" } ] }""", "drill.checks[0].command: is missing; name a program and its arguments, as a list.")]
    [InlineData("""{ "passphraseFile": "/a", "checks": [ { "command": ["x"] } ] }""", "drill.checks[0].name: is missing; the result is shown under it.")]
    [InlineData("""{ "passphraseFile": "/a", "checks": [ { "name": "a", "command": ["x"] }, { "name": "a", "command": ["x"] } ] }""", "drill.checks[1].name: 'a' is the name of another check.")]
    public void A_mistake_is_named(string drill, string mistake) =>
        Assert.Equal([mistake], ConfigurationReader.Read($$"""{ "drill": {{drill}} }""").Mistakes);

    [Theory]
    [InlineData("Shop", "", "", true)]
    [InlineData("22222222-2222-2222-2222-222222222222", "", "", true)]
    [InlineData("other", "", "", false)]
    [InlineData("", "production", "", true)]
    [InlineData("", "Production", "", false)]
    [InlineData("", "", "logserver", true)]
    [InlineData("other", "", "LogServer", true)]
    [InlineData("", "", "", true)]
    public void A_check_is_for_those_that_any_of_its_words_names(string appliance, string tag, string function, bool isFor)
    {
        var check = new DrillCheckSettings("c", ["true"], TimeSpan.FromMinutes(1), Some(appliance), Some(tag), Some(function));
        Assert.Equal(isFor, check.IsFor(new Guid("22222222-2222-2222-2222-222222222222"), "shop", ["production"], ["LogServer"]));

        static string[] Some(string word) => word.Length == 0 ? [] : [word];
    }
}
