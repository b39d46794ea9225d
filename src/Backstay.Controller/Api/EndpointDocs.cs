using Backstay.Protocol.Admin;

namespace Backstay.Controller.Api;

/// <summary>
/// Says that an endpoint reads a JSON body. Not the framework's own metadata: that would refuse other Content-Types with 415 before
/// the caller is known, and common clients send none.
/// </summary>
internal sealed record TakesBody(Type Type, bool Required);

/// <summary>Says that an endpoint answers with the bytes of an archive.</summary>
internal sealed record SendsArchive;

/// <summary>What the OpenAPI document can't see in a handler's signature.</summary>
internal static class EndpointDocs
{
    /// <summary>The body that the handler reads with <see cref="RequestBody"/>.</summary>
    public static TBuilder Takes<TBuilder>(this TBuilder builder, Type type, bool required = true)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new TakesBody(type, required));

    /// <summary>The refusals of a call, beside 406 and 500 that all have.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder builder, params int[] statuses)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata([.. statuses.Select(object (status) =>
            new ProducesResponseTypeMetadata(status, typeof(ApiError), ["application/json"]))]);
}
