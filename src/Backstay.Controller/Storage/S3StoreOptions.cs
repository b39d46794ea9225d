using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Storage;

/// <summary>The store that is a bucket of an S3 service.</summary>
internal sealed class S3StoreOptions
{
    public const string Section = "Storage:S3";

    /// <summary>Where the service is: <c>https://s3.example.com</c>. Default: AWS in <see cref="Region"/>.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>The name of the region, also for services that have only one. Default <c>us-east-1</c>.</summary>
    [Required]
    public string Region { get; set; } = "us-east-1";

    /// <summary>A bucket that exists.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>What all names in the bucket begin with, so that it can be shared. Default: nothing.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>Whether the bucket is in the path of an address, not in its host. Default: yes with an endpoint, no without.</summary>
    public bool? PathStyle { get; set; }

    /// <summary>
    /// With <see cref="SecretKey"/>; without both they come from the usual places: <c>AWS_ACCESS_KEY_ID</c> and
    /// <c>AWS_SECRET_ACCESS_KEY</c>, the shared credentials file, the role of the container or the machine.
    /// </summary>
    public string AccessKey { get; set; } = "";

    /// <summary>With <see cref="AccessKey"/>.</summary>
    public string SecretKey { get; set; } = "";

    /// <summary>How long a call may take, and how long a transfer may stand still. 1 second to 10 minutes, default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How archives are locked against deletion when they are finished. Default: not at all.</summary>
    [EnumDataType(typeof(S3ObjectLock))]
    public S3ObjectLock ObjectLock { get; set; }

    /// <summary>How many days they stay locked. 1 to 36,500, default 30; without <see cref="ObjectLock"/> it means nothing.</summary>
    [Range(1, 36_500)]
    public int ObjectLockDays { get; set; } = 30;
}

/// <summary>Says all that is wrong at once; nothing where the store is another one.</summary>
internal sealed class S3StoreValidation(IOptionsMonitor<StorageOptions> storage) : IValidateOptions<S3StoreOptions>
{
    public ValidateOptionsResult Validate(string? name, S3StoreOptions options)
    {
        if (storage.Get(name ?? Options.DefaultName).Provider != StoreProvider.S3)
            return ValidateOptionsResult.Skip;

        var failures = Failures(options).ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(S3StoreOptions options)
    {
        const string Section = S3StoreOptions.Section;
        if (options.Bucket is "")
            yield return $"{Section}:Bucket is missing: name the bucket that archives go to.";
        if (options.Endpoint is not "" && !IsEndpoint(options.Endpoint))
            yield return $"{Section}:Endpoint is an address like https://s3.example.com, without a path.";
        if (options.AccessKey is "" != options.SecretKey is "")
            yield return $"{Section}:AccessKey and {Section}:SecretKey come together or not at all.";
        if (options.Prefix.StartsWith('/') || options.Prefix.Any(c => c is < ' ' or > '~'))
            yield return $"{Section}:Prefix is of printable ASCII and doesn't begin with a slash.";

        List<ValidationResult> ranges = [];
        if (!Validator.TryValidateObject(options, new ValidationContext(options), ranges, validateAllProperties: true))
        {
            foreach (var range in ranges)
                yield return $"{Section}: {range.ErrorMessage}";
        }
    }

    private static bool IsEndpoint(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && (uri.Scheme is "https" or "http")
        && uri is { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" };
}

/// <summary>The modes of S3 Object Lock.</summary>
internal enum S3ObjectLock
{
    /// <summary>Nothing is locked.</summary>
    None,

    /// <summary>Locked, except for who may bypass it (<c>s3:BypassGovernanceRetention</c>).</summary>
    Governance,

    /// <summary>Locked for everyone until the time is over.</summary>
    Compliance,
}
