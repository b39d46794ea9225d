using System.Globalization;

namespace Backstay.Scale;

/// <summary><c>--name value</c> pairs, and what stands between them.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];

    /// <exception cref="FormatException">A name without a value, or a value without a name.</exception>
    public Arguments(ReadOnlySpan<string> args)
    {
        for (var i = 0; i < args.Length; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Length)
                throw new FormatException($"{args[i]}: options are written as --name value.");
            _values[args[i][2..]] = args[i + 1];
        }
    }

    public string Text(string name) => _values.TryGetValue(name, out var value) ? value : throw new FormatException($"--{name} is missing.");

    public int Number(string name) => int.Parse(Text(name), CultureInfo.InvariantCulture);

    public long Bytes(string name) => long.Parse(Text(name), CultureInfo.InvariantCulture);

    public Uri Address(string name) => new(Text(name));
}
