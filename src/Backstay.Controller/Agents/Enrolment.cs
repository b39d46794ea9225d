using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Agents;

/// <summary>Trades the token of a seed for a credential: once, until the seed's end, by one compare-and-set statement.</summary>
internal static class Enrolment
{
    private const int MaxHostname = 253;
    private const int MaxVersion = 64;

    public static async Task<Results<Ok<EnrolResponse>, ApiErrorResult>> HandleAsync(
        HttpRequest request, CatalogContext catalog, WriteGate gate, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        var (enrol, refusal) = await RequestBody.ReadAsync(request, AgentJson.Default.EnrolRequest, cancellationToken, maxBytes: RequestBody.MaxAnonymousBytes);
        if (enrol is null)
            return refusal!;
        if (string.IsNullOrEmpty(enrol.Token))
            return ApiErrors.BadRequest("token is missing: it is in the seed.");

        var (token, now) = (TokenAuthentication.HashOf(enrol.Token), time.GetUtcNow());
        var credential = TokenAuthentication.NewToken();
        var hostname = AgentText.Line(enrol.Hostname, MaxHostname);
        var version = AgentText.Line(enrol.AgentVersion, MaxVersion);
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            var enrolled = await catalog.Appliances
                .Where(a => a.Id == enrol.ApplianceId && a.SeedTokenHash == token && a.SeedExpires > now)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(a => a.CredentialHash, TokenAuthentication.HashOf(credential))
                        .SetProperty(a => a.Enrolled, now)
                        .SetProperty(a => a.SeedTokenHash, (byte[]?)null)
                        .SetProperty(a => a.SeedExpires, (DateTimeOffset?)null)
                        .SetProperty(a => a.Hostname, a => a.Hostname == null || a.Hostname == "" ? hostname : a.Hostname)
                        .SetProperty(a => a.AgentVersion, version)
                        .SetProperty(a => a.LastSeen, now)
                        .SetProperty(a => a.Updated, now),
                    cancellationToken);
            if (enrolled == 1)
            {
                var name = await catalog.Appliances.Where(a => a.Id == enrol.ApplianceId).Select(a => a.Name).FirstAsync(cancellationToken);
                audit.Add("appliance.enrol", name, $"agent {version} on {hostname}", actor: $"agent:{name}");
                await catalog.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return TypedResults.Ok(new EnrolResponse(enrol.ApplianceId, name, credential));
            }
        }

        return await catalog.Appliances.AnyAsync(a => a.Id == enrol.ApplianceId && a.SeedTokenHash == token, cancellationToken)
            ? Refused(ErrorIds.SeedExpired, "The seed has expired. Export a new one for this appliance.")
            : Refused(
                ErrorIds.Unauthorized,
                "The seed's token is unknown, or was used already: it works once. Deactivate or replace the appliance if it is activated, and export a new seed.");
    }

    private static ApiErrorResult Refused(string id, string message) => new(StatusCodes.Status401Unauthorized, new(id, message));
}
