using Microsoft.Extensions.Options;

namespace Backstay.Controller.Storage;

/// <summary>The store that the options name, and what tries whether it can be used.</summary>
/// <param name="Name">For people; two stores with the same name are the same one.</param>
internal sealed record OpenedStore(string Name, IArchiveStore Store, IStoreCheck Check, IStoreMarker Marker) : IDisposable
{
    /// <summary>Lets connections go.</summary>
    public void Dispose() => (Store as IDisposable)?.Dispose();

    /// <param name="options">The name of the options: the default ones are the store of this controller.</param>
    /// <exception cref="ArchiveStoreException">The folder can't be made.</exception>
    /// <exception cref="OptionsValidationException">The options of the store that is named can't be.</exception>
    public static OpenedStore Open(IServiceProvider services, string options)
    {
        var time = services.GetRequiredService<TimeProvider>();
        if (Get<StorageOptions>().Provider == StoreProvider.S3)
        {
            var s3 = Get<S3StoreOptions>();
            var connection = new S3Connection(s3);
            return new OpenedStore(
                $"bucket {s3.Bucket} at {(s3.Endpoint is "" ? $"AWS {s3.Region}" : s3.Endpoint)}{(connection.Prefix is "" ? "" : $", {connection.Prefix}")}",
                new S3ArchiveStore(connection, time),
                new S3StoreCheck(connection, time),
                new S3StoreMarker(connection));
        }

        var folder = Options.Create(Get<FolderStoreOptions>());
        var store = new FolderArchiveStore(folder);
        return new OpenedStore($"folder {Path.GetFullPath(folder.Value.Folder)}", store, new FolderStoreCheck(store, folder), new FolderStoreMarker(folder));

        T Get<T>()
            where T : class => services.GetRequiredService<IOptionsMonitor<T>>().Get(options);
    }
}
