using System.Reflection;

namespace Backstay.Controller.Api;

/// <summary>
/// The version of the admin API that a request speaks, from its Accept header. Handlers take it as a parameter; the few
/// differences between versions are properties here, named after what they change.
/// </summary>
internal readonly record struct PeerVersion(int Number)
{
    public const int Lowest = 17;
    public const int Highest = 23;

    public static readonly PeerVersion Newest = new(Highest);

    /// <summary>From 20 on POST and DELETE of a backup answer 202; before, 200 and 204.</summary>
    public bool AnswersAccepted => Number >= 20;

    /// <summary>From 18 on a status carries <c>message</c>.</summary>
    public bool HasStatusMessage => Number >= 18;

    public static ValueTask<PeerVersion> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        return ValueTask.FromResult(context.Features.Get<IPeerVersionFeature>()?.Version ?? Newest);
    }
}

/// <summary>Set by <see cref="AcceptMiddleware"/>.</summary>
internal interface IPeerVersionFeature
{
    PeerVersion Version { get; }
}

/// <summary>Says what an endpoint may be asked for; without it an admin endpoint speaks JSON.</summary>
[Flags]
internal enum AcceptKinds
{
    Json = 1,

    /// <summary>The sealed archive: <c>…peer-vN+gpg</c>, <c>application/gpg</c>, <c>application/pgp-encrypted</c>, octets.</summary>
    Archive = 2,

    /// <summary>No negotiation: documents, health.</summary>
    Anything = 4,
}

/// <summary>Endpoint metadata for <see cref="AcceptMiddleware"/>.</summary>
internal sealed record AcceptsAnswer(AcceptKinds Kinds);
