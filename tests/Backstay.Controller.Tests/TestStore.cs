using System.Security.Cryptography;
using System.Text;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests;

/// <summary>
/// The store of the controllers under test: a folder, or with <c>BACKSTAY_TEST_STORE=s3</c> in the environment a bucket of a real Ceph.
/// Tests look at either through the port.
/// </summary>
internal static class TestStore
{
    private static readonly CancellationToken Never = CancellationToken.None;

    /// <summary>Configuration for a controller on this data folder: the same folder has the same bucket, after a restart too.</summary>
    public static async Task<IReadOnlyDictionary<string, string?>> SettingsAsync(string dataFolder)
    {
        if (Environment.GetEnvironmentVariable("BACKSTAY_TEST_STORE") != "s3")
            return new Dictionary<string, string?>();

        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataFolder)).AsSpan(0, 16));
        return CephBucket.SettingsOf(await CephBucket.MakeAsync($"test-{name}"));
    }

    /// <summary>The names of everything that is there: <c>KEY</c> for an unfinished attempt, <c>KEY.gpg</c>, <c>KEY.json</c>.</summary>
    public static async Task<List<string>> StoredAsync(this ControllerHost host)
    {
        var store = host.Services.GetRequiredService<OpenedStore>().Store;
        List<string> names = [];
        await foreach (var item in store.ListAsync(Never))
            names.Add($"{item.Key}{(item.Finished ? ".gpg" : "")}");
        await foreach (var key in store.ListSidecarsAsync(Never))
            names.Add($"{key}.json");
        return names;
    }

    /// <summary>Puts other bytes in the place of an archive, as a broken disk does.</summary>
    public static async Task ReplaceAsync(this ControllerHost host, ArchiveKey key, byte[] archive, int partSize = int.MaxValue)
    {
        var store = host.Services.GetRequiredService<OpenedStore>().Store;
        await store.DeleteAsync(key, Never);
        await store.BeginAsync(key, Never);
        List<StoredPart> parts = [];
        for (int offset = 0, length; offset < archive.Length; offset += length)
        {
            length = Math.Min(partSize, archive.Length - offset);
            var tag = await store.WritePartAsync(
                key, new PartSlot(parts.Count + 1, offset, length), new MemoryStream(archive, offset, length), Never);
            parts.Add(new StoredPart(parts.Count + 1, length, tag));
        }

        await store.FinishAsync(key, parts, Never);
    }
}
