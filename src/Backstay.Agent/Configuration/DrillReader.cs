namespace Backstay.Agent.Configuration;

/// <summary>Reads the <c>drill</c> section of the configuration.</summary>
internal static class DrillReader
{
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromMinutes(10);

    public static DrillSettings Read(ConfigurationObject drill)
    {
        var settings = new DrillSettings(
            drill.AbsolutePath("scratchDirectory"),
            ReadSpace(drill),
            drill.AbsolutePath("passphraseFile"),
            drill.AbsolutePath("secretKeyFile"),
            drill.AbsolutePath("secretKeyPassphraseFile"),
            ReadChecks(drill));
        if (!drill.Has("passphraseFile") && !drill.Has("secretKeyFile"))
            drill.Mistake("no key; name the passphraseFile or the secretKeyFile that opens the archives.");
        if (settings is { PassphraseFile: not null, SecretKeyFile: not null })
            drill.Mistake("passphraseFile and secretKeyFile; name one of them.");
        if (settings is { SecretKeyPassphraseFile: not null, SecretKeyFile: null })
            drill.Mistake("secretKeyPassphraseFile", "is for a secretKeyFile, and there is none.");
        drill.RefuseOtherKeys();
        return settings;
    }

    private static long? ReadSpace(ConfigurationObject drill)
    {
        if (drill.Text("spaceLimit") is not { } text)
            return null;
        if (ValueSyntax.TryParseSize(text, out var bytes) && bytes >= DrillSettings.LeastSpace)
            return bytes;

        drill.Mistake("spaceLimit", $"expected a size such as \"200GB\" or \"64GiB\", at least 1MB, found \"{text}\".");
        return null;
    }

    private static List<DrillCheckSettings> ReadChecks(ConfigurationObject drill)
    {
        var checks = new List<DrillCheckSettings>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var check in drill.Children("checks"))
        {
            var name = check.Text("name");
            if (!check.Has("name"))
                check.Mistake("name", "is missing; the result is shown under it.");
            else if (name is not null && !ValueSyntax.IsFileName(name))
                check.Mistake("name", $"expected letters, digits, '.', '-' and '_', at most 128, not beginning with '.', found \"{name}\".");
            else if (name is not null && !names.Add(name))
                check.Mistake("name", $"'{name}' is the name of another check.");
            if (!check.Has("command"))
                check.Mistake("command", "is missing; name a program and its arguments, as a list.");

            checks.Add(new DrillCheckSettings(
                name ?? "",
                check.Texts("command", required: true),
                ConfigurationReader.ReadTimeout(check, CheckTimeout),
                check.Texts("appliances"),
                check.Texts("tags"),
                check.Texts("functions")));
            check.RefuseOtherKeys();
        }

        return checks;
    }
}
