using Backstay.Controller.Notifications;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Notifications;

public sealed class NotificationOptionsTests
{
    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = Validated();
        Assert.Empty(options.AllowedNetworks);
        Assert.Empty(options.RefusedNetworks);
        Assert.Equal((32, 4, 30), (options.ConcurrentTries, options.ConcurrentTriesPerHost, options.RetentionDays));
    }

    [Fact]
    public void Networks_are_read_from_the_configuration() =>
        Assert.Equal(["10.0.0.0/8", "::1/128"], Validated(("AllowedNetworks:0", "10.0.0.0/8"), ("AllowedNetworks:1", "::1/128")).AllowedNetworks);

    [Theory]
    [InlineData("AllowedNetworks:0", "10.1.0.0", "Notifications:AllowedNetworks: '10.1.0.0' isn't a network in CIDR form")]
    [InlineData("RefusedNetworks:0", "10.1.0.0/40", "Notifications:RefusedNetworks: '10.1.0.0/40' isn't a network in CIDR form")]
    [InlineData("ConcurrentTries", "0", "ConcurrentTries")]
    [InlineData("ConcurrentTriesPerHost", "1025", "ConcurrentTriesPerHost")]
    [InlineData("RetentionDays", "0", "RetentionDays")]
    public void A_setting_that_cannot_be_stops_the_start_and_is_named(string key, string value, string named)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Validated((key, value)));
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
    }

    private static NotificationOptions Validated(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"{NotificationOptions.Section}:{s.Key}", (string?)s.Value)))
            .Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddNotifications().BuildServiceProvider();
        services.GetRequiredService<IStartupValidator>().Validate();
        return services.GetRequiredService<IOptions<NotificationOptions>>().Value;
    }
}
