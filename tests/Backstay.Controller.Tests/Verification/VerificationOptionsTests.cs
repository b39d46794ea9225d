using Backstay.Controller.Verification;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Verification;

public sealed class VerificationOptionsTests
{
    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = Validated();
        Assert.Equal((30, 90, false), (options.DigestEveryDays, options.ContentEveryDays, options.ContentAfterBackup));
        Assert.Equal((1, 64L << 20, 400), (options.Parallel, options.BytesPerSecond, options.KeepResultsDays));
    }

    [Theory]
    [InlineData("DigestEveryDays", "-1")]
    [InlineData("ContentEveryDays", "3661")]
    [InlineData("Parallel", "0")]
    [InlineData("Parallel", "17")]
    [InlineData("BytesPerSecond", "65535")]
    [InlineData("KeepResultsDays", "0")]
    public void A_setting_that_cannot_be_stops_the_start_and_is_named(string key, string value)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Validated((key, value)));
        Assert.Contains(key, exception.Message, StringComparison.Ordinal);
    }

    private static VerificationOptions Validated(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"{VerificationOptions.Section}:{s.Key}", (string?)s.Value)))
            .Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddVerification().BuildServiceProvider();
        return services.GetRequiredService<IOptions<VerificationOptions>>().Value;
    }
}
