using Backstay.Agent.Platform;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Backstay.Agent.Tests.Platform;

public sealed class StderrLoggerTests
{
    [Theory]
    [InlineData(LogLevel.Critical, "<2>")]
    [InlineData(LogLevel.Error, "<3>")]
    [InlineData(LogLevel.Warning, "<4>")]
    [InlineData(LogLevel.Information, "<6>")]
    [InlineData(LogLevel.Debug, "<7>")]
    public void Under_systemd_a_line_begins_with_its_priority(LogLevel level, string priority) =>
        Assert.Equal($"{priority}said\n", Write(true, logger => logger.Log(level, default, "said", null, (text, _) => text)));

    [Fact]
    public void An_event_is_one_line_whatever_is_in_it() =>
        Assert.Equal("<6>a | <2>b\n", Write(true, logger => logger.Log(LogLevel.Information, default, "a\r\n<2>b", null, (text, _) => text)));

    [Fact]
    public void Elsewhere_a_line_begins_with_time_and_level() =>
        Assert.Matches("^[0-9:]{8} warn  said\n$", Write(false, logger => logger.Log(LogLevel.Warning, default, "said", null, (text, _) => text)));

    [Fact]
    public void What_is_below_the_level_is_not_said() =>
        Assert.Empty(Write(true, logger => logger.Log(LogLevel.Trace, default, "said", null, (text, _) => text)));

    private static string Write(bool underSystemd, Action<ILogger> log)
    {
        var output = new StringWriter { NewLine = "\n" };
        log(new StderrLogger(output, underSystemd, LogLevel.Debug, new FakeTimeProvider()));
        return output.ToString();
    }
}
