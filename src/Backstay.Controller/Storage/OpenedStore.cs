using Microsoft.Extensions.Options;

namespace Backstay.Controller.Storage;

/// <summary>The store that the options name, and what tries whether it can be used.</summary>
internal sealed record OpenedStore(IArchiveStore Store, IStoreCheck Check)
{
    /// <exception cref="ArchiveStoreException">The folder can't be made.</exception>
    /// <exception cref="OptionsValidationException">The options of the store that is named can't be.</exception>
    public static OpenedStore Open(
        IOptions<StorageOptions> storage, IOptions<FolderStoreOptions> folder, IOptions<S3StoreOptions> s3, TimeProvider time)
    {
        if (storage.Value.Provider == StoreProvider.S3)
        {
            var connection = new S3Connection(s3.Value);
            return new OpenedStore(new S3ArchiveStore(connection, time), new S3StoreCheck(connection, time));
        }

        var store = new FolderArchiveStore(folder);
        return new OpenedStore(store, new FolderStoreCheck(store, folder));
    }
}
