using Backstay.Agent.Configuration;
using Backstay.Archive;
using Xunit;

namespace Backstay.Agent.Tests.Configuration;

public sealed class ConfigurationReaderTests
{
    [Fact]
    public void An_empty_object_gives_the_documented_defaults()
    {
        var settings = Read("{}");

        Assert.Null(settings.ParallelParts);
        Assert.Null(settings.RateLimit);
        Assert.Equal(10, settings.Nice);
        Assert.Equal(IoClass.Idle, settings.IoClass);
        Assert.Equal(1, settings.CompressionLevel);
        Assert.Null(settings.SpoolDirectory);
        foreach (var section in Enum.GetValues<ArchiveSection>())
            Assert.All(settings.Sections[section], source => Assert.True(source is { IsDefault: true, Required: false }));
    }

    [Fact]
    public void Sources_without_options_have_the_documented_defaults()
    {
        var state = Read("""
            { "state": [
                { "files": ["/srv"] },
                { "command": ["/usr/bin/licence"], "name": "licence.txt" },
                { "postgresql": {} },
                { "sqlite": { "path": "/srv/app.db" } },
                { "journal": {} } ] }
            """).Sections[ArchiveSection.State];

        var files = Assert.IsType<FilesSettings>(state[0]);
        Assert.Equal(["/srv"], files.Paths);
        Assert.Empty(files.Exclude);
        Assert.True(files.OneFileSystem);
        Assert.False(files.Required);

        var command = Assert.IsType<CommandSettings>(state[1]);
        Assert.Equal(TimeSpan.FromMinutes(10), command.Timeout);
        Assert.True(command.Required);

        Assert.Equal(
            new PostgreSqlSettings(null, true, null, null, null, null, null, "postgresql", TimeSpan.FromHours(6)) { Required = true },
            state[2]);
        Assert.Equal(new SqliteSettings("/srv/app.db") { Required = true }, state[3]);

        var journal = Assert.IsType<JournalSettings>(state[4]);
        Assert.Equal(TimeSpan.FromDays(7), journal.Since);
        Assert.Equal("journal", journal.Name);
        Assert.Equal(TimeSpan.FromMinutes(10), journal.Timeout);
        Assert.False(journal.Required);
        Assert.All(state, source => Assert.False(source.IsDefault));
    }

    [Fact]
    public void Every_option_is_taken_as_it_is_written()
    {
        var settings = Read("""
            {
              // comments and trailing commas are welcome
              "config": [ { "files": ["/opt/*/etc"], "exclude": ["*.tmp"], "oneFileSystem": false, "required": true } ],
              "state": [ { "postgresql": { "database": "app", "globals": false, "host": "/run/pg", "port": 5433, "user": "backup",
                           "passwordFile": "/etc/backstay/pgpass", "runAs": "postgres", "name": "main", "timeout": "90s" },
                           "required": false } ],
              "logs": [ { "journal": { "since": "12h", "units": ["ssh.service"], "matches": ["_UID=0"], "name": "ssh", "timeout": "5m" } } ],
              "audit": [],
              "upload": { "parallelParts": 2, "rateLimit": "1.5MB/s" },
              "priority": { "nice": 0, "ioClass": "best-effort" },
              "compressionLevel": 9,
              "spoolDirectory": "/var/tmp/spool",
            }
            """);

        var files = Assert.IsType<FilesSettings>(Assert.Single(settings.Sections[ArchiveSection.Config]));
        Assert.Equal(["/opt/*/etc"], files.Paths);
        Assert.Equal(["*.tmp"], files.Exclude);
        Assert.False(files.OneFileSystem);
        Assert.True(files.Required);
        Assert.Equal(
            new PostgreSqlSettings(
                "app", false, "/run/pg", 5433, "backup", "/etc/backstay/pgpass", "postgres", "main", TimeSpan.FromSeconds(90)),
            Assert.Single(settings.Sections[ArchiveSection.State]));
        var journal = Assert.IsType<JournalSettings>(Assert.Single(settings.Sections[ArchiveSection.Logs]));
        Assert.Equal((TimeSpan.FromHours(12), "ssh", TimeSpan.FromMinutes(5)), (journal.Since, journal.Name, journal.Timeout));
        Assert.Equal(["ssh.service"], journal.Units);
        Assert.Equal(["_UID=0"], journal.Matches);
        Assert.Empty(settings.Sections[ArchiveSection.Audit]);
        Assert.Equal(2, settings.ParallelParts);
        Assert.Equal(1_500_000, settings.RateLimit);
        Assert.Equal(0, settings.Nice);
        Assert.Equal(IoClass.BestEffort, settings.IoClass);
        Assert.Equal(9, settings.CompressionLevel);
        Assert.Equal("/var/tmp/spool", settings.SpoolDirectory);
    }

    [Fact]
    public void All_mistakes_are_named_at_once_each_with_its_path()
    {
        var (settings, mistakes) = ConfigurationReader.Read("""
            {
              "config": { "files": ["/etc"] },
              "state": [
                { "files": ["etc", "/a/../b"], "exlude": ["x"] },
                { "command": [], "name": "../up", "timeout": "0s" },
                { "postgresql": { "port": 70000, "database": 1, "runas": "postgres" } },
                { "files": ["/a"], "command": ["b"] },
                { "unknown": 1 },
                3,
                { "sqlite": {} },
                { "command": ["/bin/true"] },
                { "journal": { "since": "soon", "matches": ["--file=/etc/shadow"] } },
                { "defaults": false }
              ],
              "upload": { "rateLimit": "1kB/s", "parallelParts": 17 },
              "priority": { "nice": -5, "ioClass": "realtime" },
              "compressionLevel": "3",
              "spoolDirectory": "spool",
              "compresionLevel": 3
            }
            """);

        Assert.Null(settings);
        string[] expected =
        [
            "config:", "state[0].files:", "state[0].files:", "state[0].exlude:", "state[1].command:", "state[1].name:", "state[1].timeout:",
            "state[2].postgresql.port:", "state[2].postgresql.database:", "state[2].postgresql.runas:", "state[3]:", "state[4]:", "state[5]:",
            "state[6].sqlite.path:", "state[7].name:", "state[8].journal.since:", "state[8].journal.matches:", "state[9].defaults:",
            "upload.rateLimit:", "upload.parallelParts:", "priority.nice:", "priority.ioClass:", "compressionLevel:", "spoolDirectory:",
            "compresionLevel:",
        ];
        Assert.Equal(expected.Order(), mistakes.Select(mistake => mistake[..(mistake.IndexOf(':') + 1)]).Order());
    }

    [Fact]
    public void Two_sources_of_a_section_can_not_write_the_same_file()
    {
        var (_, mistakes) = ConfigurationReader.Read("""
            { "state": [ { "command": ["a"], "name": "x" }, { "command": ["b"], "name": "x" } ],
              "logs":  [ { "command": ["c"], "name": "x" } ] }
            """);

        Assert.StartsWith("state[1]: 'commands/x'", Assert.Single(mistakes));
    }

    [Theory]
    [InlineData("""{ "files": ["/srv", "/srv"] }""", "state[0]: \"/srv\" is named twice")]
    [InlineData("""{ "files": ["/srv"] }, { "files": ["/srv/"] }""", "state[1]: \"/srv/\" is named twice")]
    [InlineData("""{ "files": ["/srv", "/srv/app"] }""", "\"/srv/app\" is within \"/srv\"")]
    [InlineData("""{ "files": ["/srv/app"] }, { "files": ["/srv"] }""", "\"/srv/app\" is within \"/srv\"")]
    [InlineData("""{ "files": ["/"] }, { "files": ["/home"] }""", "\"/home\" is within \"/\"")]
    [InlineData("""{ "files": ["/opt/*/etc"] }, { "files": ["/opt/app/etc/keys"] }""", "\"/opt/app/etc/keys\" is within \"/opt/*/etc\"")]
    [InlineData("""{ "defaults": true }, { "files": ["/var/lib/app"] }""", "\"/var/lib/app\" is within \"/var/lib\"")]
    [InlineData("""{ "files": ["/srv"], "exclude": ["/srv/app/cache"] }, { "files": ["/srv/app"] }""", "\"/srv/app\" is within \"/srv\"")]
    public void Files_that_would_be_archived_twice_are_a_mistake_that_names_both(string sources, string named)
    {
        var (settings, mistakes) = ConfigurationReader.Read($$"""{ "state": [ {{sources}} ] }""");

        Assert.Null(settings);
        Assert.Contains(named, Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "files": ["/srv"], "exclude": ["/srv/app"] }, { "files": ["/srv/app"], "required": true }""")]
    [InlineData("""{ "files": ["/srv/app/data"] }, { "files": ["/srv"], "exclude": ["app/"] }""")]
    [InlineData("""{ "files": ["/srv/app", "/srv/application", "/srv/*.d", "/srv/a.c/b*"] }""")]
    [InlineData("""{ "files": ["/opt/*"] }, { "files": ["/opt/.hidden"] }""")]
    [InlineData("""{ "defaults": true }, { "files": ["/var/lib/postgresql"] }""")]
    [InlineData("""{ "files": ["/srv/cache"], "exclude": ["cache/", "/srv/*"] }""")]
    public void Files_that_are_archived_once_are_not(string sources) => Read($$"""{ "state": [ {{sources}} ] }""");

    [Theory]
    [InlineData("""{ "files": ["/srv", "/dev/shm/app"] }""", "/dev/shm/app")]
    [InlineData("""{ "files": ["/proc/sys/"] }""", "/proc/sys/")]
    [InlineData("""{ "files": ["/srv/app"], "exclude": ["/srv/**"] }""", "/srv/app")]
    public void Files_of_which_nothing_would_be_archived_are_a_mistake(string source, string path)
    {
        var (settings, mistakes) = ConfigurationReader.Read($$"""{ "state": [ {{source}} ] }""");

        Assert.Null(settings);
        Assert.Contains($"All of \"{path}\" is left out", Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_files_can_be_in_two_sections() => Read("""{ "state": [ { "files": ["/srv"] } ], "logs": [ { "files": ["/srv/log"] } ] }""");

    [Fact]
    public void The_defaults_of_a_section_can_be_kept_and_added_to()
    {
        var state = Read("""{ "state": [ { "defaults": true }, { "postgresql": {} } ] }""").Sections[ArchiveSection.State];

        Assert.Equal([.. DefaultSources.For(ArchiveSection.State).Select(s => s.GetType()), typeof(PostgreSqlSettings)], state.Select(s => s.GetType()));
    }

    [Theory]
    [InlineData("{ \"state\": [", "line 1")]
    [InlineData("{\n\"upload\": {},\n\"upload\": {} }", "upload")]
    [InlineData("[]", "the file: expected an object")]
    public void A_file_that_is_not_a_configuration_is_one_mistake(string json, string named)
    {
        var (settings, mistakes) = ConfigurationReader.Read(json);

        Assert.Null(settings);
        Assert.Contains(named, Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_means_the_defaults_unless_it_was_named()
    {
        var missing = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString());

        Assert.Same(AgentSettings.Default, (await ConfigurationReader.ReadFileAsync(missing, mustExist: false, default)).Settings);
        Assert.Contains(missing, Assert.Single((await ConfigurationReader.ReadFileAsync(missing, mustExist: true, default)).Mistakes), StringComparison.Ordinal);
    }

    private static AgentSettings Read(string json)
    {
        var (settings, mistakes) = ConfigurationReader.Read(json);
        Assert.Empty(mistakes);
        return settings!;
    }
}
