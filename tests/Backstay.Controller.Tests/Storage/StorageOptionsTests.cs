using Backstay.Controller.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Storage;

public sealed class StorageOptionsTests
{
    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var storage = Validated<StorageOptions>();
        Assert.Equal((StoreProvider.Folder, TimeSpan.FromHours(1)), (storage.Provider, storage.OrphanGrace));
        var s3 = Validated<S3StoreOptions>(("Provider", "s3"), ("S3:Bucket", "backups"));
        Assert.Equal(("", "us-east-1", "backups", "", null), (s3.Endpoint, s3.Region, s3.Bucket, s3.Prefix, s3.PathStyle));
        Assert.Equal(
            (TimeSpan.FromMinutes(1), S3ObjectLock.None, 30), (s3.Timeout, s3.ObjectLock, s3.ObjectLockDays));
    }

    [Theory]
    [InlineData("OrphanGrace", "00:00:09")]
    [InlineData("OrphanGrace", "31.00:00:00")]
    [InlineData("Provider", "7")]
    public void A_setting_that_cannot_be_stops_the_start_and_is_named(string key, string value) =>
        Assert.Contains(key, Assert.Throws<OptionsValidationException>(() => Validated<StorageOptions>((key, value))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Bucket", "")]
    [InlineData("Endpoint", "s3.example.com")]
    [InlineData("Endpoint", "ftp://s3.example.com")]
    [InlineData("Endpoint", "https://s3.example.com/backups")]
    [InlineData("AccessKey", "only one of two")]
    [InlineData("SecretKey", "only one of two")]
    [InlineData("Region", "")]
    [InlineData("Prefix", "/absolute")]
    [InlineData("Timeout", "00:00:00")]
    [InlineData("ObjectLockDays", "0")]
    [InlineData("ObjectLock", "9")]
    public void A_setting_of_a_bucket_that_cannot_be_stops_the_start_and_is_named(string key, string value)
    {
        var exception = Assert.Throws<OptionsValidationException>(
            () => Validated<S3StoreOptions>(("Provider", "s3"), ("S3:Bucket", "backups"), ($"S3:{key}", value)));
        Assert.Contains(key, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_said_of_a_bucket_does_not_matter_to_a_folder() => Assert.Equal("", Validated<S3StoreOptions>().Bucket);

    private static T Validated<T>(params (string Key, string Value)[] settings)
        where T : class
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Reverse().DistinctBy(s => s.Key).Select(s => KeyValuePair.Create($"{StorageOptions.Section}:{s.Key}", (string?)s.Value)))
            .Build();
        using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton(Options.Create(new DataOptions { Folder = "/data" }))
            .AddStorage()
            .BuildServiceProvider();
        return services.GetRequiredService<IOptions<T>>().Value;
    }
}
