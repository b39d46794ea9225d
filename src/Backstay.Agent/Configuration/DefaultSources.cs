using Backstay.Archive;

namespace Backstay.Agent.Configuration;

/// <summary>
/// What is collected without a configuration, on a Debian- or RHEL-like machine: what it takes to make the machine again on a
/// fresh installation of the same system. <c>docs/agent.md</c> has the reasons. None is required, and what a machine doesn't
/// have isn't a warning.
/// </summary>
internal static class DefaultSources
{
    /// <summary>How far back the journal goes; older entries are in the archives before.</summary>
    public static readonly TimeSpan JournalReach = TimeSpan.FromDays(7);

    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Server data that a copy of files under the running server would only seem to save, by what it belongs to.</summary>
    public static readonly IReadOnlyDictionary<string, string> DatabaseFolders = new Dictionary<string, string>
    {
        ["/var/lib/postgresql"] = "PostgreSQL",
        ["/var/lib/pgsql"] = "PostgreSQL",
        ["/var/lib/mysql"] = "MySQL",
        ["/var/lib/mariadb"] = "MariaDB",
        ["/var/lib/mongodb"] = "MongoDB",
        ["/var/lib/redis"] = "Redis",
        ["/var/lib/elasticsearch"] = "Elasticsearch",
        ["/var/lib/opensearch"] = "OpenSearch",
        ["/var/lib/clickhouse"] = "ClickHouse",
        ["/var/lib/influxdb"] = "InfluxDB",
        ["/var/lib/etcd"] = "etcd",
        ["/var/lib/prometheus"] = "Prometheus",
    };

    private static readonly string[] AuthenticationLogs =
    [
        "/var/log/auth.log*", "/var/log/secure*", "/var/log/wtmp*", "/var/log/btmp*", "/var/log/lastlog",
        "/var/log/faillog", "/var/log/sudo*",
    ];

    private static readonly string[] NotState =
    [
        // The system's packages: installed again from the list of packages.
        "/var/lib/apt", "/var/lib/dpkg", "/var/lib/rpm", "/var/lib/dnf", "/var/lib/yum", "/var/lib/PackageKit", "/var/lib/snapd",
        "/var/lib/flatpak", "/var/lib/aptitude", "/var/lib/ucf", "/var/lib/update-notifier", "/var/lib/command-not-found",
        // Images and volumes of containers and machines: their own backup, or a source of their own.
        "/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet", "/var/lib/rancher", "/var/lib/lxc",
        "/var/lib/lxcfs", "/var/lib/lxd", "/var/lib/incus", "/var/lib/machines", "/var/lib/portables", "/var/lib/libvirt/images",
        // Made again by themselves.
        "/var/lib/systemd/coredump", "/var/lib/mlocate", "/var/lib/plocate", "/var/lib/man-db", "/var/lib/nfs/rpc_pipefs",
        "/var/lib/systemd/random-seed", "/var/lib/gems", "/var/lib/swcatalog", "/var/lib/app-info",
        // Ours: an archive store in an archive would grow for ever.
        "/var/lib/backstay", "/var/lib/backstay-agent", "/var/lib/backstay-controller", "/var/lib/backstay-restore",
    ];

    public static IReadOnlyList<SourceSettings> For(ArchiveSection section) => section switch
    {
        ArchiveSection.Config =>
        [
            Files(["/etc", "/usr/local/etc", "/var/spool/cron", "/root/.ssh"], []),
        ],
        ArchiveSection.State =>
        [
            Command("packages-dpkg.txt", "dpkg-query", "--show", "--showformat=${Package}\t${Version}\t${Architecture}\t${Status}\n"),
            Command("packages-apt-manual.txt", "apt-mark", "showmanual"),
            Command("packages-rpm.txt", "rpm", "--query", "--all"),
            Command("units-enabled.txt", "systemctl", "list-unit-files", "--state=enabled", "--no-legend", "--no-pager"),
            Files(["/var/lib"], [.. NotState, .. DatabaseFolders.Keys]),
        ],
        ArchiveSection.Logs =>
        [
            Files(["/var/log"], ["/var/log/journal", "/var/log/audit", .. AuthenticationLogs]),
            Journal("journal"),
        ],
        ArchiveSection.Audit =>
        [
            Files(["/var/log/audit", .. AuthenticationLogs], []),
            Journal("audit", "_TRANSPORT=audit"),
        ],
        _ => throw new ArgumentOutOfRangeException(nameof(section), section, "Not a section of an archive."),
    };

    private static FilesSettings Files(IReadOnlyList<string> paths, IReadOnlyList<string> exclude) =>
        new(paths, exclude, OneFileSystem: true) { IsDefault = true };

    private static CommandSettings Command(string name, params string[] command) =>
        new(command, name, CommandTimeout) { IsDefault = true };

    private static JournalSettings Journal(string name, params string[] matches) =>
        new(JournalReach, [], matches, name, ConfigurationReader.CommandTimeout) { IsDefault = true };
}
