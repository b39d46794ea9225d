using Backstay.Agent.Configuration;
using Backstay.Archive;
using Xunit;

namespace Backstay.Agent.Tests.Configuration;

public sealed class DefaultSourcesTests
{
    [Fact]
    public void What_is_audit_is_not_in_the_logs_too()
    {
        var logs = DefaultSources.For(ArchiveSection.Logs).OfType<FilesSettings>().Single();
        var audit = DefaultSources.For(ArchiveSection.Audit).OfType<FilesSettings>().Single();

        Assert.All(audit.Paths, path => Assert.Contains(path, logs.Exclude));
    }

    [Fact]
    public void Files_under_a_running_database_are_never_copied_raw()
    {
        var state = DefaultSources.For(ArchiveSection.State).OfType<FilesSettings>().Single();

        Assert.All(DefaultSources.DatabaseFolders.Keys, folder => Assert.Contains(folder, state.Exclude));
    }

    [Fact]
    public void Names_of_default_sources_are_unique_in_each_section()
    {
        foreach (var section in Enum.GetValues<ArchiveSection>())
        {
            var names = DefaultSources.For(section).Select(SourceReader.NameOf).OfType<string>().ToList();
            Assert.Equal(names.Distinct(), names);
        }
    }
}
