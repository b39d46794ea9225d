namespace Backstay.Agent.Configuration;

/// <summary>What makes this machine able to drill; a controller has to make it a drill machine, too.</summary>
/// <param name="ScratchDirectory">Absolute path of the folder that archives are restored below. Default: <c>drill</c> in the state folder.</param>
/// <param name="SpaceLimit">Most bytes that a drill may take there, at least <see cref="LeastSpace"/>. Default: what is free.</param>
/// <param name="Keys">What opens archives: the key in force, then those of before it was rotated. At least one.</param>
/// <param name="Checks">Run in this order after every restore that they are for.</param>
internal sealed record DrillSettings(
    string? ScratchDirectory, long? SpaceLimit, IReadOnlyList<DrillKeySettings> Keys, IReadOnlyList<DrillCheckSettings> Checks)
{
    public const long LeastSpace = 1_000_000;

    /// <summary>The files that open archives.</summary>
    public IEnumerable<string> KeyFiles => Keys.SelectMany(key => new[] { key.PassphraseFile, key.SecretKeyFile, key.SecretKeyPassphraseFile }).OfType<string>();
}

/// <summary>Something that opens archives: a passphrase, or a secret key.</summary>
/// <param name="PassphraseFile">Its first line opens archives; or else:</param>
/// <param name="SecretKeyFile">An exported OpenPGP secret key that opens archives.</param>
/// <param name="SecretKeyPassphraseFile">Its first line opens the secret key.</param>
internal sealed record DrillKeySettings(string? PassphraseFile, string? SecretKeyFile = null, string? SecretKeyPassphraseFile = null);

/// <param name="Name">Shown with the result; unique.</param>
/// <param name="Command">Program (absolute, or found on PATH) and arguments; no shell is involved.</param>
/// <param name="Timeout">1 second to 1 day, default 10 minutes.</param>
/// <param name="Appliances">Only for these, by name (letter case ignored) or id.</param>
/// <param name="Tags">Only for appliances with one of these tags.</param>
/// <param name="Functions">Only for appliances with one of these functions, letter case ignored.</param>
/// <param name="RunAs">User of the operating system the check runs as, through runuser(1); what was restored is theirs from then on. Null: the agent's.</param>
/// <remarks>Without appliances, tags and functions it is for all; with several, any of them will do.</remarks>
internal sealed record DrillCheckSettings(
    string Name, IReadOnlyList<string> Command, TimeSpan Timeout, IReadOnlyList<string> Appliances, IReadOnlyList<string> Tags,
    IReadOnlyList<string> Functions, string? RunAs = null)
{
    public bool IsFor(Guid applianceId, string applianceName, IReadOnlyList<string> tags, IReadOnlyList<string> functions) =>
        (Appliances.Count == 0 && Tags.Count == 0 && Functions.Count == 0)
        || Appliances.Any(word => Guid.TryParse(word, out var id) ? id == applianceId : word.Equals(applianceName, StringComparison.OrdinalIgnoreCase))
        || Tags.Any(tag => tags.Contains(tag, StringComparer.Ordinal))
        || Functions.Any(function => functions.Contains(function, StringComparer.OrdinalIgnoreCase));
}
