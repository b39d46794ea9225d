using Backstay.Controller.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Storage;

public sealed class FolderStoreOptionsTests
{
    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = Validated();
        Assert.Equal(("/data/store", 256L * 1024 * 1024), (options.Folder, options.MinimumFreeSpace));
    }

    [Theory]
    [InlineData("MinimumFreeSpace", "-1")]
    public void A_setting_that_cannot_be_stops_the_start_and_is_named(string key, string value)
    {
        var exception = Assert.Throws<OptionsValidationException>(() => Validated((key, value)));
        Assert.Contains(key, exception.Message, StringComparison.Ordinal);
    }

    private static FolderStoreOptions Validated(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"{FolderStoreOptions.Section}:{s.Key}", (string?)s.Value)))
            .Build();
        using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton(Options.Create(new DataOptions { Folder = "/data" }))
            .AddStorage()
            .BuildServiceProvider();
        return services.GetRequiredService<IOptions<FolderStoreOptions>>().Value;
    }
}
