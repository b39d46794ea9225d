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
            [ReadKey(drill), .. ReadFormerKeys(drill)],
            ReadChecks(drill));
        drill.RefuseOtherKeys();
        return settings;
    }

    private static IEnumerable<DrillKeySettings> ReadFormerKeys(ConfigurationObject drill)
    {
        foreach (var former in drill.Children("formerKeys"))
        {
            yield return ReadKey(former);
            former.RefuseOtherKeys();
        }
    }

    private static DrillKeySettings ReadKey(ConfigurationObject from)
    {
        var key = new DrillKeySettings(
            from.AbsolutePath("passphraseFile"), from.AbsolutePath("secretKeyFile"), from.AbsolutePath("secretKeyPassphraseFile"));
        if (!from.Has("passphraseFile") && !from.Has("secretKeyFile"))
            from.Mistake("no key; name the passphraseFile or the secretKeyFile that opens the archives.");
        if (key is { PassphraseFile: not null, SecretKeyFile: not null })
            from.Mistake("passphraseFile and secretKeyFile; name one of them, and those of before a rotation in formerKeys.");
        if (key is { SecretKeyPassphraseFile: not null, SecretKeyFile: null })
            from.Mistake("secretKeyPassphraseFile", "is for a secretKeyFile, and there is none.");
        return key;
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
                check.Texts("functions"),
                ReadUser(check)));
            check.RefuseOtherKeys();
        }

        return checks;
    }

    /// <summary>It becomes an argument of chown and runuser, so it must be no option, no number of a user, and no user with a group.</summary>
    private static string? ReadUser(ConfigurationObject check)
    {
        if (check.Text("runAs") is not { } user)
            return null;
        if ((char.IsAsciiLetter(user[0]) || user[0] == '_') && user.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '@'))
            return user;

        check.Mistake("runAs", $"expected the name of a user of this machine, found \"{user}\".");
        return null;
    }
}
