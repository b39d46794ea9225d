using Amazon.S3.Model;

namespace Backstay.Controller.Storage;

/// <summary><c>PREFIX/archives/store-id</c>.</summary>
internal sealed class S3StoreMarker(S3Connection s3) : IStoreMarker
{
    private readonly string _name = $"{s3.Prefix}archives/{StoreMarker.Name}";

    public async Task<Guid?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await s3.CallAsync<Guid?>(
                "read the id of the store",
                async token =>
                {
                    using var response = await s3.Client.GetObjectAsync(s3.Bucket, _name, token);
                    using var text = new StreamReader(response.ResponseStream);
                    return StoreMarker.Parse(await text.ReadToEndAsync(token));
                },
                cancellationToken);
        }
        catch (ArchiveStoreException exception) when (exception.Fault == StoreFault.Missing)
        {
            return null;
        }
    }

    public async Task WriteAsync(Guid id, CancellationToken cancellationToken) => await s3.CallAsync(
        "write the id of the store",
        token => s3.Client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = s3.Bucket,
                Key = _name,
                ContentBody = StoreMarker.ToText(id),
                UseChunkEncoding = false,
                ContentType = "text/plain",
            },
            token),
        cancellationToken);
}
