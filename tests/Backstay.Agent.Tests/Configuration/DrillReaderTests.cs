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
              "formerKeys": [ { "passphraseFile": "/etc/backstay/of-2025" }, { "secretKeyFile": "/etc/backstay/old.asc" } ],
              "checks": [
                { "name": "orders", "command": ["/usr/local/bin/orders", "--all"], "timeout": "5m", "appliances": ["shop"], "tags": ["t"], "functions": ["Gateway"], "runAs": "postgres" },
                { "name": "any", "command": ["true"] }
              ] } }
            """).Settings!.Drill!;

        Assert.Equal(("/srv/drill", 64L << 30), (drill.ScratchDirectory, drill.SpaceLimit));
        Assert.Equal(
            [
                new DrillKeySettings(null, "/etc/backstay/key.asc", "/etc/backstay/key.pass"),
                new DrillKeySettings("/etc/backstay/of-2025"),
                new DrillKeySettings(null, "/etc/backstay/old.asc"),
            ],
            drill.Keys);
        Assert.Equal(["/etc/backstay/key.asc", "/etc/backstay/key.pass", "/etc/backstay/of-2025", "/etc/backstay/old.asc"], drill.KeyFiles);
        Assert.Equal(["postgres", null], drill.Checks.Select(check => check.RunAs));
        Assert.Equal([TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)], drill.Checks.Select(check => check.Timeout));
        Assert.Equal(["/usr/local/bin/orders", "--all"], drill.Checks[0].Command);
    }

    [Theory]
    [InlineData("""{}""", "drill: no key; name the passphraseFile or the secretKeyFile that opens the archives.")]
    [InlineData("""{ "passphraseFile": "/a", "secretKeyFile": "/b" }""", "drill: passphraseFile and secretKeyFile; name one of them, and those of before a rotation in formerKeys.")]
    [InlineData("""{ "passphraseFile": "/a", "formerKeys": [ {} ] }""", "drill.formerKeys[0]: no key; name the passphraseFile or the secretKeyFile that opens the archives.")]
    [InlineData("""{ "passphraseFile": "/a", "formerKeys": [ { "file": "/b", "passphraseFile": "/b" } ] }""", "drill.formerKeys[0].file: unknown; known here: passphraseFile, secretKeyFile, secretKeyPassphraseFile.")]
    [InlineData("""{ "passphraseFile": "/a", "checks": [ { "name": "a", "command": ["x"], "runAs": "-x" } ] }""", "drill.checks[0].runAs: expected the name of a user of this machine, found \"-x\".")]
    [InlineData("""{ "passphraseFile": "/a", "checks": [ { "name": "a", "command": ["x"], "runAs": "a:b" } ] }""", "drill.checks[0].runAs: expected the name of a user of this machine, found \"a:b\".")]
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
