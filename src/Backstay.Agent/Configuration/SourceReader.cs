using Backstay.Archive;

namespace Backstay.Agent.Configuration;

/// <summary>Reads one entry of a section: an object with exactly one of the keys that say what kind of source it is.</summary>
internal static class SourceReader
{
    private static readonly string[] Kinds = ["files", "command", "postgresql", "sqlite", "journal", "defaults"];

    /// <returns>One source, for <c>defaults</c> several; none if there are mistakes that leave nothing.</returns>
    public static IReadOnlyList<SourceSettings> Read(ConfigurationObject entry, ArchiveSection section)
    {
        var kinds = Kinds.Where(entry.Has).ToArray();
        if (kinds.Length != 1)
        {
            entry.Mistake(kinds.Length == 0
                ? $"no kind of source; expected one of {string.Join(", ", Kinds)}."
                : $"{string.Join(" and ", kinds)} in one entry; give each an entry of its own.");
            return [];
        }

        IReadOnlyList<SourceSettings> sources = kinds[0] switch
        {
            "files" => One(Files(entry), requiredByDefault: false),
            "command" => One(Command(entry), requiredByDefault: true),
            "postgresql" => One(PostgreSql(entry), requiredByDefault: true),
            "sqlite" => One(Sqlite(entry), requiredByDefault: true),
            "journal" => One(Journal(entry), requiredByDefault: false),
            _ => Defaults(entry, section),
        };
        entry.RefuseOtherKeys();
        return sources;

        IReadOnlyList<SourceSettings> One(SourceSettings? source, bool requiredByDefault)
        {
            var required = entry.Flag("required") ?? requiredByDefault;
            return source is null ? [] : [source with { Required = required }];
        }
    }

    /// <summary>Where in its section the source writes, if it isn't at the paths of the machine; must be unique there.</summary>
    public static string? NameOf(SourceSettings source) => source switch
    {
        CommandSettings command => $"commands/{command.Name}",
        PostgreSqlSettings postgreSql => $"databases/{postgreSql.Name}",
        SqliteSettings sqlite => $"databases/sqlite{sqlite.Path}",
        JournalSettings journal => $"journal/{journal.Name}.export",
        _ => null,
    };

    private static FilesSettings? Files(ConfigurationObject entry)
    {
        var paths = entry.Texts("files", required: true);
        foreach (var path in paths.Where(path => !ValueSyntax.IsPlainAbsolutePath(path)))
            entry.Mistake("files", $"\"{path}\" isn't an absolute path without '.' and '..'.");

        var exclude = entry.Texts("exclude");
        try
        {
            var excludes = PathExcludes.Parse(exclude);
            foreach (var why in paths.Where(ValueSyntax.IsPlainAbsolutePath).Select(excludes.WhyNothingOf).OfType<string>())
                entry.Mistake("files", why);
        }
        catch (FormatException e)
        {
            entry.Mistake("exclude", e.Message);
        }

        return new FilesSettings(paths, exclude, entry.Flag("oneFileSystem") ?? true);
    }

    private static CommandSettings? Command(ConfigurationObject entry)
    {
        var command = entry.Texts("command", required: true);
        var timeout = ConfigurationReader.ReadTimeout(entry, ConfigurationReader.CommandTimeout);
        if (Name(entry, otherwise: null) is { } name)
            return new CommandSettings(command, name, timeout);

        if (!entry.Has("name"))
            entry.Mistake("name", "is missing; the output becomes a file of this name, such as \"licence.txt\".");
        return null;
    }

    private static PostgreSqlSettings? PostgreSql(ConfigurationObject entry)
    {
        if (entry.Child("postgresql") is not { } postgreSql)
            return null;

        var database = postgreSql.Text("database");
        var settings = new PostgreSqlSettings(
            database is "all" ? null : database,
            postgreSql.Flag("globals") ?? true,
            postgreSql.Text("host"),
            postgreSql.Integer("port", 1, 65535),
            postgreSql.Text("user"),
            postgreSql.AbsolutePath("passwordFile"),
            postgreSql.Text("runAs"),
            Name(postgreSql, otherwise: "postgresql") ?? "",
            ConfigurationReader.ReadTimeout(postgreSql, ConfigurationReader.DumpTimeout));
        if (settings.Name == "sqlite")
            postgreSql.Mistake("name", "'sqlite' is where SQLite databases go; take another name.");
        postgreSql.RefuseOtherKeys();
        return settings;
    }

    private static SqliteSettings? Sqlite(ConfigurationObject entry)
    {
        if (entry.Child("sqlite") is not { } sqlite)
            return null;

        var path = sqlite.AbsolutePath("path");
        if (!sqlite.Has("path"))
            sqlite.Mistake("path", "is missing; name the file of the database.");
        sqlite.RefuseOtherKeys();
        return path is null ? null : new SqliteSettings(path);
    }

    private static JournalSettings? Journal(ConfigurationObject entry)
    {
        if (entry.Child("journal") is not { } journal)
            return null;

        var matches = journal.Texts("matches");
        foreach (var match in matches.Where(match => match != "+" && (match[0] == '-' || !match.Contains('='))))
            journal.Mistake("matches", $"\"{match}\" isn't a field of the journal and its value, such as \"_TRANSPORT=audit\".");

        var settings = new JournalSettings(
            journal.Duration("since", TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650)) ?? DefaultSources.JournalReach,
            journal.Texts("units"),
            matches,
            Name(journal, otherwise: "journal") ?? "",
            ConfigurationReader.ReadTimeout(journal, ConfigurationReader.CommandTimeout));
        journal.RefuseOtherKeys();
        return settings;
    }

    private static IReadOnlyList<SourceSettings> Defaults(ConfigurationObject entry, ArchiveSection section)
    {
        if (entry.Flag("defaults") != true)
            entry.Mistake("defaults", "expected true: it stands for the default sources of the section. Leave the entry out otherwise.");
        return DefaultSources.For(section);
    }

    private static string? Name(ConfigurationObject source, string? otherwise)
    {
        if (source.Text("name") is not { } name)
            return otherwise;
        if (ValueSyntax.IsFileName(name))
            return name;

        source.Mistake("name", $"expected letters, digits, '.', '-' and '_', at most 128, not beginning with '.', found \"{name}\".");
        return otherwise;
    }
}
