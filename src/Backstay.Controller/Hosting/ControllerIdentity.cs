using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

/// <summary>
/// Who this controller is among several on one catalog, so that a restart doesn't make it another one: a UUID in its data folder, or, where
/// that folder doesn't last, one made of <see cref="ControllerOptions.Name"/>.
/// </summary>
internal sealed class ControllerIdentity(DataFolder folder, IOptions<ControllerOptions> options)
{
    private const string Name = "controller-id";

    public Guid Id { get; private set; }

    /// <summary>Reads it, or makes it at the first start.</summary>
    /// <exception cref="StartupException">The file holds something else.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Name is not "")
        {
            Id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(options.Value.Name)).AsSpan(0, 16));
            return;
        }

        if (await folder.ReadAsync(Name, cancellationToken) is not { } text)
        {
            Id = Guid.NewGuid();
            folder.Write(Name, Id.ToString());
        }
        else
        {
            Id = Guid.TryParse(text, out var id) && id != Guid.Empty
                ? id
                : throw new StartupException(
                    $"{Path.Combine(folder.Path, Name)} doesn't hold a UUID. Remove the file: a new one is made at the next start.");
        }
    }
}
