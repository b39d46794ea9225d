using Backstay.Controller.Retention;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Retention;

public sealed class RetentionOptionsTests
{
    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = Validated();
        Assert.Equal(
            (TimeSpan.FromMinutes(15), TimeSpan.FromDays(3), 3660), (options.Interval, options.ClockTolerance, options.MaxLockDays));
    }

    [Theory]
    [InlineData("Interval", "00:00:59")]
    [InlineData("Interval", "1.00:00:01")]
    [InlineData("ClockTolerance", "00:59:59")]
    [InlineData("ClockTolerance", "30.00:00:01")]
    [InlineData("MaxLockDays", "0")]
    [InlineData("MaxLockDays", "36501")]
    public void A_setting_that_cannot_be_stops_the_start_and_is_named(string key, string value)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Validated((key, value)));
        Assert.Contains(key, exception.Message, StringComparison.Ordinal);
    }

    private static RetentionOptions Validated(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"{RetentionOptions.Section}:{s.Key}", (string?)s.Value)))
            .Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddRetention().BuildServiceProvider();
        return services.GetRequiredService<IOptions<RetentionOptions>>().Value;
    }
}
