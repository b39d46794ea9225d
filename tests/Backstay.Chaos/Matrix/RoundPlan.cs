namespace Backstay.Chaos.Matrix;

/// <summary>What goes wrong in a round, and when. Made from the seed alone: a round can be run by itself.</summary>
/// <param name="Number">From 1 on.</param>
/// <param name="Occurrence">At which telling of the moment, from 1 on.</param>
/// <param name="After">How long after the moment; for a random one, after the backups were asked for.</param>
/// <param name="Down">How long it lasts, before it is put right again.</param>
/// <param name="Index">Which of the agents or controllers it hits, where the moment doesn't tell.</param>
internal sealed record RoundPlan(int Number, Fault Fault, Moment Moment, int Occurrence, TimeSpan After, TimeSpan Down, int Index)
{
    /// <summary>Longer than the installation's lease, with the time that it may take to notice.</summary>
    private static readonly TimeSpan LongDown = TimeSpan.FromSeconds(14);

    private static readonly TimeSpan ShortestDown = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan LongestDown = TimeSpan.FromSeconds(3);

    /// <summary>As long as the backups of a round usually take.</summary>
    private static readonly TimeSpan UsualRound = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Faults come by weight, in an order of their own every time round; each goes through the moments that fit it before it meets one
    /// of them again.
    /// </summary>
    /// <exception cref="ArgumentException">No fault is left to choose from.</exception>
    public static IEnumerable<RoundPlan> Make(ChaosOptions options)
    {
        var chance = new Chance(options.Seed);
        var faults = Fault.All.Where(fault => fault.IsPossible(options) && IsAskedFor(options.Faults, fault.Name)).ToList();
        var moments = faults.ToDictionary(fault => fault, fault => MomentsOf(fault, options).ToArray());
        faults.RemoveAll(fault => moments[fault].Length == 0);
        if (faults.Count == 0)
            throw new ArgumentException("no fault is possible there at such a step; --list shows which there are");

        var waiting = faults.ToDictionary(fault => fault, _ => new Queue<Moment>());
        for (var number = 1; ;)
        {
            foreach (var fault in chance.Shuffled(faults.SelectMany(fault => Enumerable.Repeat(fault, fault.Weight))))
            {
                if (waiting[fault].Count == 0)
                    waiting[fault] = new(chance.Shuffled(moments[fault]));
                yield return Draw(number++, fault, waiting[fault].Dequeue(), chance);
            }
        }
    }

    private static IEnumerable<Moment> MomentsOf(Fault fault, ChaosOptions options) => Moment.All.Where(
        moment => moment.Fits(fault)
            && (IsAskedFor(options.Steps, moment.Name) || (moment.Step > 0 && options.Steps.Contains($"{moment.Step}"))));

    private static bool IsAskedFor(IReadOnlyList<string> names, string name) => names.Count == 0 || names.Contains(name);

    private static RoundPlan Draw(int number, Fault fault, Moment moment, Chance chance)
    {
        // Half of them at once, half a moment later: the next thing may be under way by then.
        var after = moment.Teller == Teller.Clock ? chance.Between(TimeSpan.Zero, UsualRound)
            : chance.Below(2) == 0 ? TimeSpan.Zero
            : chance.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(40));
        return new RoundPlan(
            number, fault, moment, Occurrence: 1 + chance.Below(3), after,
            Down: fault.Long ? LongDown : chance.Between(ShortestDown, LongestDown), Index: chance.Below(60));
    }

    public override string ToString() => $"{Fault.Name} at {Moment.Name}";
}
