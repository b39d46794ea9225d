using Backstay.Controller.Backups;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Backups;

public sealed class BackupOptionsTests
{
    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = Validated();
        Assert.Equal(
            (TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(2), TimeSpan.FromHours(24), TimeSpan.FromSeconds(2)),
            (options.Lease, options.PickUp, options.Deadline, options.SweepInterval));
        Assert.Equal((256, 64, TimeSpan.FromHours(24)), (options.MaxParallel, options.MaxParallelPerController, options.MaxWait));
        Assert.Equal((4, 64, PartPlan.Default.Capacity), (options.ParallelParts, options.MaxPartsInFlight, options.MaxArchiveSize));
    }

    [Theory]
    [InlineData("Lease", "00:00:09.9")]
    [InlineData("Lease", "01:00:01")]
    [InlineData("PickUp", "00:00:09")]
    [InlineData("Deadline", "00:00:59")]
    [InlineData("Deadline", "30.00:00:01")]
    [InlineData("MaxParallel", "0")]
    [InlineData("MaxParallelPerController", "0")]
    [InlineData("MaxWait", "00:00:59")]
    [InlineData("SweepInterval", "00:00:00.099")]
    [InlineData("MaxArchiveSize", "1048575")]
    [InlineData("ParallelParts", "0")]
    [InlineData("ParallelParts", "17")]
    [InlineData("MaxPartsInFlight", "1025")]
    public void A_setting_that_cannot_be_stops_the_start_and_is_named(string key, string value)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Validated((key, value)));
        Assert.Contains(key, exception.Message, StringComparison.Ordinal);
    }

    private static BackupOptions Validated(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"{BackupOptions.Section}:{s.Key}", (string?)s.Value)))
            .Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddBackups().BuildServiceProvider();
        return services.GetRequiredService<IOptions<BackupOptions>>().Value;
    }
}
