namespace Backstay.Agent.Configuration;

/// <summary>One entry of a section's list, as it was checked.</summary>
internal abstract record SourceSettings
{
    /// <summary>If it fails as a whole, the backup fails; otherwise the archive has a warning.</summary>
    public bool Required { get; init; }

    /// <summary>One of ours, not of the user's: what this machine doesn't have is no warning.</summary>
    public bool IsDefault { get; init; }
}

/// <param name="Paths">Absolute; <c>*</c> and <c>?</c> match within a component.</param>
/// <param name="Exclude">In the syntax of <see cref="Archive.PathExcludes"/>.</param>
/// <param name="OneFileSystem">Default true: what is mounted below a path isn't entered.</param>
internal sealed record FilesSettings(IReadOnlyList<string> Paths, IReadOnlyList<string> Exclude, bool OneFileSystem) : SourceSettings;

/// <param name="Command">Program (absolute, or found on PATH) and arguments; no shell is involved.</param>
/// <param name="Name">Becomes <c>SECTION/commands/NAME</c>.</param>
/// <param name="Timeout">1 second to 1 day, default 10 minutes.</param>
internal sealed record CommandSettings(IReadOnlyList<string> Command, string Name, TimeSpan Timeout) : SourceSettings;

/// <param name="Database">Null for all of the cluster.</param>
/// <param name="Globals">Roles and tablespaces too; default true.</param>
/// <param name="Host">Name, address, or folder of the socket. Default: libpq's.</param>
/// <param name="Port">1 to 65535. Default: libpq's.</param>
/// <param name="User">Database role. Default: libpq's.</param>
/// <param name="PasswordFile">In the format of <c>.pgpass</c>, mode 0600. The agent itself doesn't read it.</param>
/// <param name="RunAs">User of the operating system the tools run as (peer authentication), through runuser(1).</param>
/// <param name="Name">Becomes <c>SECTION/databases/NAME/…</c>, default <c>postgresql</c>.</param>
/// <param name="Timeout">For each database, 1 second to 1 day, default 6 hours.</param>
internal sealed record PostgreSqlSettings(
    string? Database, bool Globals, string? Host, int? Port, string? User, string? PasswordFile, string? RunAs, string Name,
    TimeSpan Timeout) : SourceSettings;

/// <param name="Path">Absolute path of the database file.</param>
internal sealed record SqliteSettings(string Path) : SourceSettings;

/// <param name="Since">How far back, 1 minute to 3650 days, default 7 days.</param>
/// <param name="Units">Only these; empty for all.</param>
/// <param name="Matches">Only entries with these fields (<c>_TRANSPORT=audit</c>), journalctl(1); empty for all.</param>
/// <param name="Name">Becomes <c>SECTION/journal/NAME.export</c>, default <c>journal</c>.</param>
/// <param name="Timeout">1 second to 1 day, default 10 minutes.</param>
internal sealed record JournalSettings(
    TimeSpan Since, IReadOnlyList<string> Units, IReadOnlyList<string> Matches, string Name, TimeSpan Timeout) : SourceSettings;
