using System.CommandLine;
using Backstay.Cli.Commands.Event;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.EventEndpoint;

/// <summary>Endpoints in words, and by what people call them.</summary>
internal static class EndpointText
{
    public static Argument<string> Name() => new("ENDPOINT") { Description = "The endpoint, by name or id" };

    public static async Task<Protocol.Admin.EventEndpoint?> TryFindEndpointAsync(
        this AdminClient client, string nameOrId, CancellationToken cancellationToken)
    {
        var endpoints = (await client.ListEventEndpointsAsync(null, cancellationToken)).Data;
        return endpoints.FirstOrDefault(endpoint => Guid.TryParse(nameOrId, out var id)
            ? endpoint.Id == id
            : string.Equals(endpoint.Name, nameOrId, StringComparison.OrdinalIgnoreCase));
    }

    public static async Task<Protocol.Admin.EventEndpoint> FindEndpointAsync(
        this AdminClient client, string nameOrId, CancellationToken cancellationToken) =>
        await client.TryFindEndpointAsync(nameOrId, cancellationToken)
            ?? throw CliException.NotFound($"There is no endpoint '{nameOrId}'. See them all with: backstay event-endpoint list");

    public static string Kinds(Protocol.Admin.EventEndpoint endpoint) =>
        endpoint.Kinds is { Count: > 0 } kinds ? string.Join(", ", kinds.Select(EventKinds.Word)) : "all";
}
