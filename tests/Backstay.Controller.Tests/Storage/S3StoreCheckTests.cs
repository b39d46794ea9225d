using Amazon.S3.Model;
using Backstay.Controller.Storage;
using Backstay.TestServers;

namespace Backstay.Controller.Tests.Storage;

public sealed class S3StoreCheckTests
{
    private static readonly string[] Rights =
    [
        "s3:ListBucket", "s3:PutObject", "s3:GetObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload", "s3:DeleteObject",
    ];

    private static readonly string[] LockRights = ["s3:GetBucketObjectLockConfiguration", "s3:PutObjectRetention", "s3:GetObjectRetention"];

    [Fact]
    public async Task A_bucket_with_all_rights_passes_and_nothing_is_left_in_it()
    {
        using var s3 = new S3Connection(await CephBucket.MakeAsync());
        var findings = await RunAsync(s3);
        Assert.All(findings, finding => Assert.Null(finding.Fault));
        Assert.Superset(Rights.ToHashSet(), findings.Select(finding => finding.Right!).ToHashSet());
        Assert.Contains(findings, finding => finding.What == "put an upload together");
        Assert.Empty((await s3.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = s3.Bucket })).S3Objects ?? []);
        Assert.Empty((await s3.Client.ListMultipartUploadsAsync(s3.Bucket)).MultipartUploads ?? []);
    }

    [Theory]
    [InlineData("s3:ListBucket")]
    [InlineData("s3:PutObject")]
    [InlineData("s3:GetObject")]
    [InlineData("s3:ListBucketMultipartUploads")]
    [InlineData("s3:AbortMultipartUpload")]
    [InlineData("s3:DeleteObject")]
    public Task A_right_that_is_missing_is_named(string missing) => IsNamedAsync(missing, Rights, S3ObjectLock.None);

    [Theory]
    [InlineData("s3:GetBucketObjectLockConfiguration")]
    [InlineData("s3:PutObjectRetention")]
    [InlineData("s3:GetObjectRetention")]
    public Task A_right_that_locks_need_is_named_when_it_is_missing(string missing) =>
        IsNamedAsync(missing, [.. Rights, .. LockRights], S3ObjectLock.Governance);

    private static async Task IsNamedAsync(string missing, string[] rights, S3ObjectLock mode)
    {
        var ceph = await CephCluster.SharedAsync();
        var owned = await CephBucket.MakeAsync(objectLock: mode != S3ObjectLock.None);
        owned.ObjectLock = mode;
        var (user, secret) = await S3ServiceTests.NewUserAsync(ceph);
        using (var owner = new S3Connection(owned))
            await owner.Client.PutBucketPolicyAsync(owned.Bucket, PolicyFor(user, owned.Bucket, rights.Except([missing]), missing));

        (owned.AccessKey, owned.SecretKey) = (user, secret);
        using var s3 = new S3Connection(owned);
        var findings = await RunAsync(s3);
        var fault = findings[^1].Fault!;
        Assert.True(fault.Lasting);
        Assert.Contains($"Missing: {missing}.", fault.Message, StringComparison.Ordinal);
        Assert.All(findings.SkipLast(1), finding => Assert.Null(finding.Fault));
    }

    [Fact]
    public async Task A_bucket_without_Object_Lock_is_refused_where_it_is_configured_and_one_with_it_passes()
    {
        var without = await CephBucket.MakeAsync();
        without.ObjectLock = S3ObjectLock.Governance;
        using (var s3 = new S3Connection(without))
        {
            var fault = (await RunAsync(s3))[^1].Fault!;
            Assert.True(fault.Lasting);
            Assert.Contains("has no Object Lock", fault.Message, StringComparison.Ordinal);
        }

        var with = await CephBucket.MakeAsync(objectLock: true);
        with.ObjectLock = S3ObjectLock.Compliance;
        using (var s3 = new S3Connection(with))
        {
            var findings = await RunAsync(s3);
            Assert.All(findings, finding => Assert.Null(finding.Fault));
            Assert.Superset(LockRights.ToHashSet(), findings.Select(finding => finding.Right!).ToHashSet());
        }
    }

    [Fact]
    public async Task Wrong_credentials_and_a_missing_bucket_are_told_apart()
    {
        var options = await CephBucket.MakeAsync();
        foreach (var (change, word) in new (Action<S3StoreOptions>, string)[]
        {
            (o => o.SecretKey = "another", "credentials"),
            (o => o.Bucket = $"none-{Guid.NewGuid():N}", "there is no bucket"),
        })
        {
            var wrong = new S3StoreOptions
            {
                Endpoint = options.Endpoint,
                Bucket = options.Bucket,
                AccessKey = options.AccessKey,
                SecretKey = options.SecretKey,
            };
            change(wrong);
            using var s3 = new S3Connection(wrong);
            var fault = (await RunAsync(s3))[^1].Fault!;
            Assert.True(fault.Lasting);
            Assert.Contains(word, fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_service_that_can_not_be_reached_may_be_there_in_a_minute()
    {
        await using var proxy = new CuttingProxy(new Uri("http://127.0.0.1:1"));
        using var s3 = new S3Connection(new S3StoreOptions
        {
            Endpoint = proxy.Address.ToString(),
            Bucket = "any",
            AccessKey = "a",
            SecretKey = "b",
        });
        var finding = Assert.Single(await RunAsync(s3));
        Assert.False(finding.Fault!.Lasting);
    }

    private static async Task<List<StoreFinding>> RunAsync(S3Connection s3)
    {
        List<StoreFinding> findings = [];
        await foreach (var finding in new S3StoreCheck(s3, TimeProvider.System).RunAsync(CancellationToken.None))
            findings.Add(finding);
        return findings;
    }

    /// <summary>Refused outright, too: who wrote an object owns it, and may read it whatever isn't allowed.</summary>
    private static string PolicyFor(string user, string bucket, IEnumerable<string> allowed, string refused) =>
        $$"""
        {
          "Version": "2012-10-17",
          "Statement": [{{Statement("Allow", user, bucket, allowed)}}, {{Statement("Deny", user, bucket, [refused])}}]
        }
        """;

    private static string Statement(string effect, string user, string bucket, IEnumerable<string> actions) =>
        $$"""
        {
          "Effect": "{{effect}}",
          "Principal": { "AWS": ["arn:aws:iam:::user/{{user}}"] },
          "Action": [{{string.Join(", ", actions.Select(action => $"\"{action}\""))}}],
          "Resource": ["arn:aws:s3:::{{bucket}}", "arn:aws:s3:::{{bucket}}/*"]
        }
        """;
}
