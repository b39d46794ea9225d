using Backstay.Controller.Api;
using Backstay.Protocol.Admin;
using Microsoft.Net.Http.Headers;

namespace Backstay.Controller.Backups;

/// <summary>The conditions that a request can put on what it finds (RFC 9110, section 13), by entity tags only.</summary>
internal static class Preconditions
{
    /// <summary>
    /// <c>If-Match</c> (section 13.1.1), by strong comparison: 412 unless the resource is one of those that the client means.
    /// </summary>
    /// <param name="current">The entity tag; null for a resource that has none, which only <c>*</c> matches.</param>
    public static ApiErrorResult? Refusal(IHeaderDictionary headers, EntityTagHeaderValue? current)
    {
        if (headers.IfMatch.Count == 0)
            return null;

        var matches = EntityTagHeaderValue.TryParseList(headers.IfMatch, out var tags)
            && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || (current is not null && tag.Compare(current, useStrongComparison: true)));
        return matches ? null : ApiErrors.PreconditionFailed(
            ErrorIds.PreconditionFailed, "If-Match names none of what is here. Ask for its ETag again, or leave the header out.");
    }

    /// <summary><c>If-None-Match: *</c> (section 13.1.2): the client means a resource that has nothing to show yet.</summary>
    public static bool OnlyIfNothing(IHeaderDictionary headers) => headers.IfNoneMatch is ["*"];

    /// <summary><c>If-None-Match</c> (section 13.1.2), by weak comparison: whether the client has it already.</summary>
    public static bool IsKnown(IHeaderDictionary headers, EntityTagHeaderValue current) =>
        headers.IfNoneMatch.Count > 0
        && EntityTagHeaderValue.TryParseList(headers.IfNoneMatch, out var tags)
        && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(current, useStrongComparison: false));

    /// <summary>
    /// <c>If-Range</c> (section 13.1.5): whether a range may be answered with a part. A date never matches, as no Last-Modified is sent.
    /// </summary>
    public static bool RangeHolds(IHeaderDictionary headers, EntityTagHeaderValue current) =>
        headers.IfRange.Count == 0
        || (RangeConditionHeaderValue.TryParse(headers.IfRange.ToString(), out var condition)
            && condition.EntityTag is { } tag
            && tag.Compare(current, useStrongComparison: true));
}
