namespace Backstay.Chaos.Matrix;

/// <summary>Whose line of log tells that a moment has come.</summary>
internal enum Teller
{
    /// <summary>Nobody: any moment of the round.</summary>
    Clock,
    Agent,
    Controller,

    /// <summary>The program itself: a notification has arrived and isn't answered yet.</summary>
    Receiver,
}

/// <summary>
/// A moment on a backup's path at which something can go wrong. The programs log every step at debug level; the line is written right
/// after what it tells of, and the fault follows within about a millisecond.
/// </summary>
/// <param name="Name">The step's number, and a word where it has several moments.</param>
/// <param name="Step">As in docs/architecture.md; 0 for any.</param>
/// <param name="Says">What the line of log contains.</param>
internal sealed record Moment(string Name, int Step, Teller Teller, string Says)
{
    public static readonly Moment Random = new("random", 0, Teller.Clock, "");

    public static readonly IReadOnlyList<Moment> All =
    [
        Random,
        new("1", 1, Teller.Controller, "Step 1: backup"),
        new("2", 2, Teller.Controller, "Step 2: the agent"),
        new("3-claimed", 3, Teller.Controller, " is claimed."),
        new("3-open", 3, Teller.Controller, " is open."),
        new("4", 4, Teller.Agent, " sources, about "),
        new("5", 5, Teller.Agent, "Step 5: backup"),
        new("6-sending", 6, Teller.Agent, " goes up, "),
        new("6-acknowledged", 6, Teller.Agent, " is acknowledged."),
        new("7-arrives", 7, Teller.Controller, " arrives."),
        new("7-durable", 7, Teller.Controller, " is durable."),
        new("7-recorded", 7, Teller.Controller, " is recorded."),
        new("8", 8, Teller.Controller, "Step 8: the lease"),
        new("9-saying", 9, Teller.Agent, "Step 9: every part"),
        new("9-said", 9, Teller.Controller, "Step 9: attempt"),
        new("10-finished", 10, Teller.Controller, " is one object in the store."),
        new("10-reading", 10, Teller.Controller, " is read back."),
        new("10-sidecar", 10, Teller.Controller, "Step 10: the sidecar"),
        new("10-committed", 10, Teller.Controller, " succeeded: "),
        new("11-sending", 11, Teller.Controller, "Step 11: notification"),
        new("11-received", 11, Teller.Receiver, "received"),
        new("12-download", 12, Teller.Controller, " is downloaded."),
        new("12-delete", 12, Teller.Controller, " is marked as deleted"),
    ];

    /// <summary>Whether a fault can be told apart at this moment: an agent has nothing to do any more once its backup has ended.</summary>
    public bool Fits(Fault fault) => fault.Victim switch
    {
        Victim.Nobody => Step == 0,
        Victim.Agent => Step is 0 or (>= 3 and <= 10),
        _ => true,
    };

    public bool IsToldBy(string line) => line.Contains(Says, StringComparison.Ordinal);

    public override string ToString() => Name;
}
