using Backstay.Controller.Access;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Hosting;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Appliances;

/// <summary>Makes the seed that an agent enrols with, and voids what it was traded for.</summary>
internal sealed class Seeds(
    CatalogContext catalog, ServingCertificate certificate, IOptions<ListenOptions> listen, AuditTrail audit, TimeProvider time)
{
    /// <summary>How long a seed's token works.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>A seed in place of the one before; null when the appliance is activated.</summary>
    public Task<Seed?> MakeAsync(ApplianceEntity appliance, HttpRequest request, CancellationToken cancellationToken) => MakeAsync(
        appliance,
        "appliance.export",
        catalog.Appliances.Where(a => a.Id == appliance.Id && a.CredentialHash == null),
        request,
        cancellationToken);

    /// <summary>
    /// A seed for another machine, in place of the one before and of the agent's credential, in one step: there is no moment in which
    /// both machines, or a seed made meanwhile, are let in. Null when the appliance is gone.
    /// </summary>
    public Task<Seed?> ReplaceAsync(ApplianceEntity appliance, HttpRequest request, CancellationToken cancellationToken) => MakeAsync(
        appliance, "appliance.replace", catalog.Appliances.Where(a => a.Id == appliance.Id), request, cancellationToken);

    private async Task<Seed?> MakeAsync(
        ApplianceEntity appliance,
        string action,
        IQueryable<ApplianceEntity> row,
        HttpRequest request,
        CancellationToken cancellationToken)
    {
        var token = TokenAuthentication.NewToken();
        var hash = TokenAuthentication.HashOf(token);
        var expires = time.GetUtcNow() + Lifetime;
        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        var changed = await row.ExecuteUpdateAsync(
            set => set
                .SetProperty(a => a.CredentialHash, (byte[]?)null)
                .SetProperty(a => a.OnlineUntil, (DateTimeOffset?)null)
                .SetProperty(a => a.SeedTokenHash, hash)
                .SetProperty(a => a.SeedExpires, expires),
            cancellationToken);
        if (changed == 0)
        {
            return null;
        }

        audit.Add(action, appliance.Name);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new Seed(
            Format: 1,
            appliance.Id,
            appliance.Name,
            listen.Value.PublicUrlList is { Count: > 0 } configured ? configured : [$"{request.Scheme}://{request.Host}"],
            token,
            expires,
            [certificate.Pin]);
    }

    /// <summary>
    /// Voids the agent's credential and an open seed. The agent's event stream is cut by the controller that holds it when its
    /// credential no longer matches.
    /// </summary>
    public async Task RevokeAsync(ApplianceEntity appliance, CancellationToken cancellationToken)
    {
        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        await catalog.Appliances
            .Where(a => a.Id == appliance.Id)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(a => a.CredentialHash, (byte[]?)null)
                    .SetProperty(a => a.SeedTokenHash, (byte[]?)null)
                    .SetProperty(a => a.SeedExpires, (DateTimeOffset?)null)
                    .SetProperty(a => a.OnlineUntil, (DateTimeOffset?)null),
                cancellationToken);
        audit.Add("appliance.deactivate", appliance.Name, outcome: StatusCodes.Status204NoContent);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
