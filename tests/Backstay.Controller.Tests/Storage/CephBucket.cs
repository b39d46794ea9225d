using Amazon.S3.Model;
using Backstay.Controller.Storage;
using Backstay.TestServers;

namespace Backstay.Controller.Tests.Storage;

/// <summary>A bucket of its own on the Ceph of this test process.</summary>
internal static class CephBucket
{
    /// <summary>Makes the bucket, if it isn't there, and says how to reach it.</summary>
    /// <param name="name">Default: one that nobody else has.</param>
    public static async Task<S3StoreOptions> MakeAsync(string? name = null, bool objectLock = false)
    {
        var ceph = await CephCluster.SharedAsync();
        var options = new S3StoreOptions
        {
            Endpoint = ceph.Endpoint.ToString(),
            Bucket = name ?? $"test-{Guid.NewGuid():N}",
            AccessKey = CephCluster.AccessKey,
            SecretKey = CephCluster.SecretKey,
        };
        using var s3 = new S3Connection(options);
        await s3.Client.PutBucketAsync(new PutBucketRequest { BucketName = options.Bucket, ObjectLockEnabledForBucket = objectLock });
        return options;
    }

    /// <summary>The same as a controller's configuration.</summary>
    public static Dictionary<string, string?> SettingsOf(S3StoreOptions options) => new()
    {
        ["Storage:Provider"] = "s3",
        ["Storage:S3:Endpoint"] = options.Endpoint,
        ["Storage:S3:Bucket"] = options.Bucket,
        ["Storage:S3:AccessKey"] = options.AccessKey,
        ["Storage:S3:SecretKey"] = options.SecretKey,
    };
}
