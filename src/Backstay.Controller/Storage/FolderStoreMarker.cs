using Microsoft.Extensions.Options;

namespace Backstay.Controller.Storage;

/// <summary><c>archives/store-id</c>.</summary>
internal sealed class FolderStoreMarker(IOptions<FolderStoreOptions> options) : IStoreMarker
{
    private readonly string _folder = Path.Combine(Path.GetFullPath(options.Value.Folder), "archives");

    private string Marker => Path.Combine(_folder, StoreMarker.Name);

    public Task<Guid?> ReadAsync(CancellationToken cancellationToken)
    {
        string? text = null;
        FileFaults.Guarded("read the id of the store", () => text = File.Exists(Marker) ? File.ReadAllText(Marker) : null);
        return Task.FromResult(text is null ? (Guid?)null : StoreMarker.Parse(text));
    }

    public Task WriteAsync(Guid id, CancellationToken cancellationToken)
    {
        FileFaults.Guarded("write the id of the store", () =>
        {
            var temporary = $"{Marker}.{Guid.NewGuid():N}";
            try
            {
                using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
                {
                    RandomAccess.Write(file, System.Text.Encoding.ASCII.GetBytes(StoreMarker.ToText(id)), 0);
                    RandomAccess.FlushToDisk(file);
                }

                File.Move(temporary, Marker, overwrite: true);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }

            DurableFile.SyncFolder(_folder);
        });
        return Task.CompletedTask;
    }
}
