using System.Text.RegularExpressions;
using Backstay.Protocol.Admin;

namespace Backstay.EndToEnd;

public sealed partial class KeysTests
{
    private const string NewPassphrase = "the backup's second passphrase 43";

    [Fact]
    public async Task An_archive_opens_with_each_recorded_key_alone_also_after_a_rotation()
    {
        await using var installation = await Installation.StartAsync();
        var source = Path.Combine(installation.Folder, "source");
        await Trees.MakeNastyAsync(source);
        await using var agent = await installation.AddAgentAsync("box", source);
        await using var rsa = await SecretKey.MakeAsync("rsa3072");
        await using var curve = await SecretKey.MakeAsync("cv25519");
        var admin = new AdminClient(installation.Http, installation.Http.DefaultRequestHeaders.Authorization!.Parameter);
        foreach (var key in new[] { rsa, curve })
        {
            var imported = await admin.ImportBackupKeyAsync(new BackupKeyImport(key.Public), CancellationToken.None);
            await admin.ConfirmBackupKeyAsync(imported.Id, key.Fingerprint, CancellationToken.None);
        }

        var (first, firstArchive) = await BackUpAsync();
        var rotated = await admin.RotatePassphraseAsync(new PassphraseRotation(NewPassphrase), CancellationToken.None);
        var (second, secondArchive) = await BackUpAsync();
        await admin.RemoveBackupKeyAsync(rotated.Id, CancellationToken.None);
        var (third, thirdArchive) = await BackUpAsync();

        Assert.Equal((3, 3, 2), (first.Keys!.Count, second.Keys!.Count, third.Keys!.Count));
        Assert.All(third.Keys, key => Assert.Equal(BackupKeyKind.Recipient, key.Kind));
        var expected = await Trees.DescribeAsync(source);
        foreach (var (backup, archive) in new[] { (first, firstArchive), (second, secondArchive), (third, thirdArchive) })
        {
            foreach (var key in backup.Keys!)
            {
                var opened = key.Kind == BackupKeyKind.Recipient
                    ? await new[] { rsa, curve }.Single(k => k.Fingerprint == key.Id).OpenAsync(archive)
                    : await Installation.OpenWithStockToolsAsync(
                        archive, (await admin.RevealPassphraseAsync(Guid.Parse(key.Id), CancellationToken.None)).Passphrase);
                Assert.Equal(expected, await Trees.DescribeAsync(opened + "/config" + source));
                await Trees.RemoveAsync(opened);
            }
        }

        Assert.Equal(
            [Installation.Passphrase, NewPassphrase],
            await Task.WhenAll(new[] { first, second }.Select(async backup =>
            {
                var id = Guid.Parse(backup.Keys!.Single(key => key.Kind == BackupKeyKind.Passphrase).Id);
                return (await admin.RevealPassphraseAsync(id, CancellationToken.None)).Passphrase;
            })));

        async Task<(Backup Backup, string Archive)> BackUpAsync()
        {
            var id = await installation.StartBackupAsync(agent.Appliance);
            await installation.SuccessAsync(agent, id);
            return (await installation.BackupAsync(agent.Appliance, id), await installation.DownloadAsync(agent.Appliance, id));
        }
    }

    /// <summary>The commands of the sheet as they stand on it, with the key that is on it.</summary>
    [Fact]
    public async Task The_commands_on_the_recovery_sheet_open_an_archive()
    {
        await using var installation = await Installation.StartAsync();
        var source = Path.Combine(installation.Folder, "source");
        await Trees.MakeNastyAsync(source);
        await using var agent = await installation.AddAgentAsync("box", source);
        await using var key = await SecretKey.MakeAsync("cv25519");
        await File.WriteAllTextAsync(Path.Combine(installation.Folder, "ops.asc"), key.Public);
        await CliAsync("keys", "add", Path.Combine(installation.Folder, "ops.asc"), "--fingerprint", key.Fingerprint);
        var backup = await installation.StartBackupAsync(agent.Appliance);
        await installation.SuccessAsync(agent, backup);
        var archive = await installation.DownloadAsync(agent.Appliance, backup);

        var sheet = await CliAsync("keys", "sheet");

        Assert.Contains(key.Fingerprint, sheet.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(Path.Combine(installation.Folder, "controller", "store", "archives"), sheet, StringComparison.Ordinal);
        Assert.DoesNotContain(Installation.Passphrase, sheet, StringComparison.Ordinal);
        Assert.Contains(Installation.Passphrase, await CliAsync("keys", "sheet", "--with-passphrases"), StringComparison.Ordinal);
        var lines = sheet.Split('\n').Select(line => line.Trim()).SkipWhile(line => !line.StartsWith("gpg --list-only", StringComparison.Ordinal));
        var commands = lines.TakeWhile(line => line.Length > 0).ToList();
        Assert.StartsWith("sha256sum --check", commands[^1], StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(installation.Folder, "secret.asc"), key.Secret);
        await using var empty = await SecretKey.MakeHomeAsync();
        var said = await Command.ShellAsync(
            string.Join('\n', commands),
            installation.Folder,
            new Dictionary<string, string?>
            {
                ["GNUPGHOME"] = empty.Home,
                ["ARCHIVE"] = archive,
                ["SECRET_KEY_FILE"] = Path.Combine(installation.Folder, "secret.asc"),
            });
        var which = await CliAsync("keys", "which", archive, "--offline", "--output", "json");
        Assert.All(SixteenDigits().Matches(which), wrap => Assert.Contains(wrap.Value, said, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(2, SixteenDigits().Count(which));
        Assert.Equal(
            await Trees.DescribeAsync(source), await Trees.DescribeAsync(Path.Combine(installation.Folder, "opened", "config") + source));

        async Task<string> CliAsync(params string[] arguments) => (await Command.RunAsync(
            Programs.Cli,
            arguments,
            new Dictionary<string, string?>
            {
                ["BACKSTAY_CONFIG"] = Path.Combine(installation.Folder, "cli.json"),
                ["BACKSTAY_CONTROLLER"] = installation.Address.ToString(),
                ["BACKSTAY_TOKEN"] = installation.Http.DefaultRequestHeaders.Authorization!.Parameter,
                ["BACKSTAY_TRUST_PIN"] = Pin().Match(installation.ControllerSaid).Value,
            })).Expect(0).Output;
    }

    [GeneratedRegex("sha256/[A-Za-z0-9+/]{43}=")]
    private static partial Regex Pin();

    [GeneratedRegex("\\b[0-9A-F]{16}\\b")]
    private static partial Regex SixteenDigits();

    /// <summary>A home of gpg with one secret key in it, or none.</summary>
    private sealed class SecretKey : IAsyncDisposable
    {
        private SecretKey(string home) => Home = home;

        public string Home { get; }

        public string Public { get; private init; } = "";

        public string Secret { get; private init; } = "";

        public string Fingerprint { get; private init; } = "";

        /// <summary>Not below the installation: gpg's agent has a socket in it, whose path may have no more than 108 bytes.</summary>
        public static Task<SecretKey> MakeHomeAsync() => Task.FromResult(new SecretKey(Directory.CreateTempSubdirectory("gpg-").FullName));

        /// <param name="subkey">The algorithm of the encryption subkey.</param>
        public static async Task<SecretKey> MakeAsync(string subkey)
        {
            var key = await MakeHomeAsync();
            await key.ShellAsync(
                $"""
                gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key 'Ops {subkey}' ed25519 cert never
                gpg --batch --list-keys --with-colons | awk -F: '/^fpr/ {"{"} print $10; exit {"}"}' > "$GNUPGHOME/fingerprint"
                gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-add-key "$(cat "$GNUPGHOME/fingerprint")" {subkey} encr never
                """);
            return new SecretKey(key.Home)
            {
                Fingerprint = (await key.ShellAsync("cat \"$GNUPGHOME/fingerprint\"")).Trim(),
                Public = await key.ShellAsync("gpg --batch --armor --export"),
                Secret = await key.ShellAsync("gpg --batch --armor --export-secret-keys"),
            };
        }

        /// <summary>With this key alone: there is no passphrase to be had.</summary>
        public async Task<string> OpenAsync(string archive)
        {
            var folder = Directory.CreateDirectory(archive + ".key").FullName;
            await Command.ShellAsync(
                """
                gpg --batch --quiet --pinentry-mode cancel --decrypt "$ARCHIVE" | tar --zstd --xattrs --xattrs-include='*' --acls -x -p
                sha256sum --quiet -c backstay/SHA256SUMS
                """,
                folder,
                new Dictionary<string, string?> { ["ARCHIVE"] = archive, ["GNUPGHOME"] = Home });
            return folder;
        }

        public async ValueTask DisposeAsync()
        {
            await ShellAsync("gpgconf --kill all");
            Directory.Delete(Home, recursive: true);
        }

        private Task<string> ShellAsync(string script) =>
            Command.ShellAsync(script, environment: new Dictionary<string, string?> { ["GNUPGHOME"] = Home });
    }
}
