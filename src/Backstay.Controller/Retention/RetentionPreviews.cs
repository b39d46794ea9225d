using System.Globalization;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Backstay.Controller.Retention;

/// <summary>What retention would do, by the same plan that it goes by, and nothing done.</summary>
internal static class RetentionPreviews
{
    /// <summary>In one page.</summary>
    public const int MostAppliances = 100;

    public static async Task<Results<Ok<PagedList<RetentionPreview>>, ApiErrorResult>> HandleAsync(
        [AsParameters] ListQuery query,
        HttpRequest request,
        Caller caller,
        CatalogContext catalog,
        Pruning pruning,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(
            request, AdminJson.Default.RetentionPreviewRequest, cancellationToken, whenEmpty: new RetentionPreviewRequest());
        if (wish is null)
            return error!;

        var now = time.GetUtcNow();
        var policies = await PolicySet.LoadAsync(catalog, cancellationToken);
        if (wish.Policy is { } policy)
        {
            if (PolicyForm.Check(policy, policy.Id == RetentionPolicyEntity.DefaultId) is { } refusal)
                return refusal;
            policies = policies.With(PolicyForm.Make(policy, policy.Id ?? Guid.CreateVersion7(now), now));
        }

        if (wish.Without is { } without)
        {
            var errors = new FieldErrors();
            if (wish.Policy is not null)
                errors.Add("without", "can't be asked together with policy");
            else if (without == RetentionPolicyEntity.DefaultId)
                errors.Add("without", "is the default policy, which can't be deleted");
            else if (policies.Without(without) is { } left)
                policies = left;
            else
                errors.Add("without", "is no policy's id");
            if (errors.Refusal is { } refusal)
                return refusal;
        }

        var appliances = catalog.Appliances.InScope(caller, PrivilegeTarget.Appliance, PrivilegeType.Backup);
        var (page, wrong) = await AtMost(query).PageAsync(appliances, ApplianceLookup.Shape, appliance => appliance, cancellationToken);
        if (page is null)
            return wrong!;

        var backups = await pruning.CandidatesAsync([.. page.Data.Select(a => a.Id)], cancellationToken);
        return TypedResults.Ok(new PagedList<RetentionPreview>(
            [.. page.Data.Select(a => Preview(a, policies.For(a), backups[a.Id], now))],
            page.Range,
            page.OrderBy,
            page.Descending,
            page.Queries,
            page.TotalCount,
            page.FilterBy));
    }

    /// <summary>Each appliance comes with all of its backups: a page has an end, however many are asked for.</summary>
    private static ListQuery AtMost(ListQuery query) => ListQuery.TryParseRange(query.Range, out var first, out var last) && last - first >= MostAppliances
        ? query with { Range = string.Create(CultureInfo.InvariantCulture, $"{first}-{Math.Min(last, first + (long)MostAppliances - 1)}") }
        : query;

    private static RetentionPreview Preview(
        ApplianceEntity appliance, IReadOnlyList<PolicyInForce> policies, IEnumerable<Candidate> backups, DateTimeOffset now)
    {
        var verdicts = RetentionPlan.Of(backups, policies, now);
        var (kept, going) = (verdicts.Where(v => v.Keep).ToList(), verdicts.Where(v => !v.Keep).ToList());
        return new RetentionPreview(
            appliance.Id,
            appliance.Name,
            [.. policies.Select(policy => policy.Name)],
            kept.Count,
            going.Count,
            kept.Sum(v => v.Backup.Size),
            going.Sum(v => v.Backup.Size),
            [.. verdicts.Select(v => new RetentionVerdict(
                v.Backup.Id, v.Backup.Created, v.Backup.Size, v.Backup.Verification, v.Keep, v.Reasons))]);
    }
}
