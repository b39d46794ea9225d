using Backstay.Agent.Configuration;
using Backstay.Agent.Sources;
using Backstay.Archive;
using Xunit;

namespace Backstay.Agent.Tests.Sources;

public sealed class JournalSourceTests : SourceTest
{
    [Fact]
    public async Task The_journal_is_exported_as_the_system_s_own_tool_does()
    {
        var settings = new JournalSettings(TimeSpan.FromDays(1), [], [], "journal", TimeSpan.FromMinutes(1));

        var (files, warnings) = await CollectAsync(ArchiveSection.Logs, settings);

        // A machine without systemd has an empty journal; what is there is in the export format, fields in lines.
        var export = files["logs/journal/journal.export"].Text();
        Assert.True(export.Length == 0 || export.Contains("__REALTIME_TIMESTAMP=", StringComparison.Ordinal));
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task A_field_that_journalctl_refuses_fails_the_source()
    {
        var settings = new JournalSettings(TimeSpan.FromDays(1), [], ["lower=case"], "journal", TimeSpan.FromMinutes(1));

        var failed = await Assert.ThrowsAsync<SourceFailedException>(() => CollectAsync(ArchiveSection.Logs, settings));

        Assert.StartsWith("journalctl --output=export", failed.Message, StringComparison.Ordinal);
    }
}
