namespace Backstay.Archive;

/// <summary>The entries that are Backstay's own.</summary>
internal static class OwnFiles
{
    /// <summary>0600: what an appliance holds is nobody else's business.</summary>
    public const int Mode = 0x180;

    public static ReadOnlySpan<byte> Folder => "backstay/"u8;

    public static byte[] Manifest { get; } = [.. "backstay/manifest.json"u8];

    public static byte[] Checksums { get; } = [.. "backstay/SHA256SUMS"u8];

    public static byte[] Summary { get; } = [.. "backstay/summary.json"u8];
}
