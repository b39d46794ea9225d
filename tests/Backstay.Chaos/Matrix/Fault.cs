using Backstay.Protocol.Admin;

namespace Backstay.Chaos.Matrix;

/// <summary>Whom a fault hits.</summary>
internal enum Victim
{
    Nobody,
    Agent,
    Controller,
    EveryController,

    /// <summary>Between agents and clients on one side and controllers on the other.</summary>
    Network,
    CatalogServer,
    CatalogLink,
    StoreServer,
    StoreLink,
}

internal enum Blow
{
    None,

    /// <summary>kill -9, and a start some time later.</summary>
    Kill,

    /// <summary>SIGTERM, as a service manager does it, and a start once it has ended.</summary>
    Stop,

    /// <summary>SIGSTOP, and SIGCONT some time later.</summary>
    Freeze,

    /// <summary>Every connection is reset, and none can be made for some time.</summary>
    Cut,

    /// <summary>Connections stay, and nothing moves on them for some time.</summary>
    Stall,
}

/// <summary>Something that goes wrong.</summary>
/// <param name="Long">It lasts longer than a lease; otherwise much shorter.</param>
/// <param name="Weight">How often it comes, compared with the others.</param>
/// <param name="MayCost">The reasons with which a backup that it hits may fail. Without any, it may cost a pause and nothing else.</param>
internal sealed record Fault(
    string Name, string What, Victim Victim, Blow Blow, bool Long = false, int Weight = 1, params FailureReason[] MayCost)
{
    public static readonly IReadOnlyList<Fault> All =
    [
        new("none", "nothing goes wrong", Victim.Nobody, Blow.None),
        new("agent-kill", "an agent is killed and started again at once", Victim.Agent, Blow.Kill, Weight: 2,
            MayCost: [FailureReason.AgentRestarted, FailureReason.AgentLost]),
        new("agent-loss", "an agent is killed and comes back after its lease", Victim.Agent, Blow.Kill, Long: true,
            MayCost: [FailureReason.AgentLost, FailureReason.AgentRestarted]),
        new("agent-stop", "an agent is told to stop and started again", Victim.Agent, Blow.Stop,
            MayCost: [FailureReason.AgentRestarted]),
        new("agent-freeze", "an agent doesn't run for a moment", Victim.Agent, Blow.Freeze),
        new("controller-kill", "a controller is killed and started again", Victim.Controller, Blow.Kill, Weight: 4),
        new("controller-stop", "a controller is told to stop and started again", Victim.Controller, Blow.Stop),
        new("controller-freeze", "a controller doesn't run for a moment", Victim.Controller, Blow.Freeze),
        new("controllers-kill", "every controller is killed and started again", Victim.EveryController, Blow.Kill, Weight: 2),
        new("network-cut", "agents and clients lose every connection for a moment", Victim.Network, Blow.Cut, Weight: 2),
        new("network-stall", "nothing moves between them and the controllers for a moment", Victim.Network, Blow.Stall),
        new("network-loss", "agents and clients are cut off for longer than a lease", Victim.Network, Blow.Cut, Long: true,
            MayCost: FailureReason.AgentLost),
        new("catalog-kill", "PostgreSQL is killed (all of its processes) and started again", Victim.CatalogServer, Blow.Kill, Weight: 3),
        new("catalog-cut", "controllers lose every connection to PostgreSQL for a moment", Victim.CatalogLink, Blow.Cut),
        new("catalog-stall", "nothing moves between them and PostgreSQL for a moment", Victim.CatalogLink, Blow.Stall),
        new("catalog-loss", "controllers are cut off from PostgreSQL for longer than a lease", Victim.CatalogLink, Blow.Cut, Long: true),
        new("store-kill", "the S3 gateway is killed and started again", Victim.StoreServer, Blow.Kill, Weight: 2),
        new("store-cut", "controllers lose every connection to the S3 gateway for a moment", Victim.StoreLink, Blow.Cut),
        new("store-stall", "nothing moves between them and the S3 gateway for a moment", Victim.StoreLink, Blow.Stall),
        new("store-loss", "controllers are cut off from the S3 gateway for longer than a lease", Victim.StoreLink, Blow.Cut, Long: true),
    ];

    /// <summary>Whether an installation like this has the victim.</summary>
    public bool IsPossible(ChaosOptions options) => Victim switch
    {
        Victim.EveryController => options.Controllers > 1,
        Victim.CatalogServer or Victim.CatalogLink => options.Catalog == CatalogKind.Postgres,
        Victim.StoreServer or Victim.StoreLink => options.Store == StoreKind.S3,
        _ => true,
    };

    public override string ToString() => Name;
}
