using Backstay.Controller.Schedules;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Schedules;

public sealed class ScheduleOptionsTests
{
    [Fact]
    public void The_default_is_the_documented_one() => Assert.Equal(TimeSpan.FromSeconds(10), Validated().LookInterval);

    [Theory]
    [InlineData("00:00:00.9")]
    [InlineData("00:01:01")]
    public void A_setting_that_cannot_be_stops_the_start_and_is_named(string value)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Validated(("LookInterval", value)));
        Assert.Contains("LookInterval", exception.Message, StringComparison.Ordinal);
    }

    private static ScheduleOptions Validated(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"{ScheduleOptions.Section}:{s.Key}", (string?)s.Value)))
            .Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddSchedules().BuildServiceProvider();
        return services.GetRequiredService<IOptions<ScheduleOptions>>().Value;
    }
}
