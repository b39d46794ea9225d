using Backstay.Controller.Objectives;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Objectives;

public sealed class ObjectiveOptionsTests
{
    [Fact]
    public void The_default_is_the_documented_one() => Assert.Equal(TimeSpan.FromMinutes(1), Validated(null).Interval);

    [Theory]
    [InlineData("00:00:09")]
    [InlineData("01:00:01")]
    public void A_setting_that_cannot_be_stops_the_start_and_is_named(string value) =>
        Assert.Contains("Interval", Assert.Throws<OptionsValidationException>(() => Validated(value)).Message, StringComparison.Ordinal);

    private static ObjectiveOptions Validated(string? interval)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(interval is null ? [] : [KeyValuePair.Create("Objectives:Interval", (string?)interval)])
            .Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddObjectives().BuildServiceProvider();
        return services.GetRequiredService<IOptions<ObjectiveOptions>>().Value;
    }
}
