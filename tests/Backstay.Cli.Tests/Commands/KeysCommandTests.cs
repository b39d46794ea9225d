using System.Text.Json;
using Backstay.Cli.Tests.Running;

namespace Backstay.Cli.Tests.Commands;

/// <summary>Keys against the real controller, with keys and archives that gpg and the program itself make.</summary>
public sealed class KeysCommandTests(ControllerProcess controller) : IClassFixture<ControllerProcess>
{
    [Fact]
    public async Task A_public_key_is_added_confirmed_listed_and_removed()
    {
        using var admin = await controller.SignInAsync();
        var key = await MakeKeyAsync(admin, "Ops");

        var added = await admin.RunAsync("keys", "add", key, "--name", "Safe 1");
        Assert.True(added.ExitCode == 0, added.ToString());
        Assert.Contains("unconfirmed", added.Output, StringComparison.Ordinal);
        var fingerprint = (await FindAsync(admin, "Safe 1")).GetProperty("fingerprint").GetString()!;
        Assert.Equal(2, (await admin.RunAsync("keys", "confirm", "Safe 1")).ExitCode);
        Assert.Equal(1, (await admin.RunAsync("keys", "confirm", "Safe 1", new string('0', 40))).ExitCode);
        var confirmed = await admin.JsonAsync("keys", "confirm", "Safe 1", fingerprint.ToLowerInvariant());
        Assert.Equal("active", confirmed.GetProperty("state").GetString());

        var list = (await admin.RunAsync("keys", "list")).Output;
        Assert.Contains(fingerprint, list, StringComparison.Ordinal);
        Assert.Equal(2, (await admin.RunAsync("keys", "remove", "Safe 1")).ExitCode);
        Assert.Contains("Retired", (await admin.RunAsync("keys", "remove", fingerprint, "--yes")).Output, StringComparison.Ordinal);
        Assert.Contains("Forgot", (await admin.RunAsync("keys", "remove", "Safe 1", "--yes")).Output, StringComparison.Ordinal);
        Assert.Equal(5, (await admin.RunAsync("keys", "remove", "Safe 1", "--yes")).ExitCode);
    }

    [Fact]
    public async Task A_key_that_expires_soon_is_warned_about()
    {
        using var admin = await controller.SignInAsync();
        var key = await MakeKeyAsync(admin, "Short", "10d");
        var shown = await admin.RunAsync("keys", "add", key, "--fingerprint", await File.ReadAllTextAsync(key + ".fingerprint"));
        Assert.True(shown.ExitCode == 0, shown.ToString());

        var list = await admin.RunAsync("keys", "list");

        Assert.Contains("warning: Short expires on", list.Error, StringComparison.Ordinal);
        Assert.Contains("expires soon", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_key_stays_on_this_machine()
    {
        using var admin = await controller.SignInAsync();
        var key = await MakeKeyAsync(admin, "Secret");

        var refused = await admin.RunAsync("keys", "add", key + ".secret");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("isn't an OpenPGP public key", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Secret", (await admin.RunAsync("keys", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_passphrase_is_asked_for_twice_and_refused_when_the_two_differ()
    {
        await using var peer = await Peer.StartAsync();

        await using (var differs = new PseudoTerminal($"{Programs.Cli} keys rotate-passphrase", peer.Environment()))
        {
            await differs.UntilShownAsync("New passphrase: ");
            await differs.TypeAsync("the new passphrase\n");
            await differs.UntilShownAsync("The new passphrase again: ");
            await differs.TypeAsync("the new passphrsae\n");
            Assert.Equal(2, await differs.EndAsync());
            Assert.Contains("The two differ; nothing was changed.", differs.Screen, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(peer.Requests, request => request.StartsWith("POST", StringComparison.Ordinal) || request.StartsWith("PUT", StringComparison.Ordinal));

        await using var same = new PseudoTerminal($"{Programs.Cli} keys rotate-passphrase", peer.Environment());
        await same.UntilShownAsync("New passphrase: ");
        await same.TypeAsync("the new passphrase\n");
        await same.UntilShownAsync("The new passphrase again: ");
        await same.TypeAsync("the new passphrase\n");
        await same.EndAsync();
        Assert.Contains(peer.Requests, request => request.StartsWith("POST /admin/backup-keys", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_passphrase_is_rotated_and_the_old_one_is_revealed_on_the_sheet_and_found_for_a_file()
    {
        using var admin = await controller.SignInAsync();
        const string old = "the first passphrase 1", @new = "the second passphrase 2";
        Assert.Equal(0, (await admin.RunWithInputAsync(old + "\n", "keys", "rotate-passphrase", "--passphrase-stdin", "--name", "First")).ExitCode);
        Assert.Equal(0, (await admin.RunWithInputAsync(@new + "\n", "keys", "rotate-passphrase", "--passphrase-stdin", "--name", "Second")).ExitCode);
        await File.WriteAllTextAsync(admin.Folder.File("old"), old);
        var archive = admin.Folder.File("old.gpg");
        var made = await admin.RunAsync("archive", "create", "--to", archive, "--passphrase-file", admin.Folder.File("old"), admin.Folder.File("old"));
        Assert.True(made.ExitCode is 0 or 3, made.ToString());

        Assert.Equal(old, (await admin.RunAsync("keys", "reveal", "First")).Output.Trim());
        var online = await admin.JsonAsync("keys", "which", archive);
        var wrap = Assert.Single(online.GetProperty("wraps").EnumerateArray());
        Assert.Equal(("First", "retired"), (wrap.GetProperty("name").GetString(), wrap.GetProperty("state").GetString()));
        var offline = Assert.Single((await admin.JsonAsync("keys", "which", archive, "--offline")).GetProperty("wraps").EnumerateArray());
        Assert.Equal(wrap.GetProperty("wrap").GetString(), offline.GetProperty("wrap").GetString());
        Assert.False(offline.TryGetProperty("name", out _));
        using (var nobody = new CliSession(new TemporaryFolder()))
            Assert.Contains("Not signed in", (await nobody.RunAsync("keys", "which", archive)).Error, StringComparison.Ordinal);
        Assert.Equal(7, (await admin.RunAsync("keys", "which", admin.Folder.File("old"))).ExitCode);

        var sheet = (await admin.RunAsync("keys", "sheet")).Output;
        Assert.Contains("First · passphrase · retired", sheet, StringComparison.Ordinal);
        Assert.DoesNotContain(old, sheet, StringComparison.Ordinal);
        var file = admin.Folder.File("sheet.html");
        var arguments = new[] { "keys", "sheet", "--with-passphrases", "--html", "--to", file };
        Assert.Equal(0, (await admin.RunAsync(arguments)).ExitCode);
        Assert.Equal(1, (await admin.RunAsync(arguments)).ExitCode);
        var page = await File.ReadAllTextAsync(file);
        Assert.All(["<pre>", old, @new, "&quot;$ARCHIVE&quot;"], text => Assert.Contains(text, page, StringComparison.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var revealed = (await admin.JsonAsync("audit", "list")).EnumerateArray().Count(line => line.GetProperty("action").GetString() == "backup-key.reveal");
        Assert.True(revealed >= 3, $"{revealed} lines of the audit log");
    }

    private static async Task<JsonElement> FindAsync(CliSession admin, string name) =>
        (await admin.JsonAsync("keys", "list")).EnumerateArray().Single(key => key.GetProperty("name").GetString() == name);

    /// <summary>A file with a public key; beside it the fingerprint and the secret key.</summary>
    private static async Task<string> MakeKeyAsync(CliSession admin, string name, string expire = "never")
    {
        var file = admin.Folder.File($"{name}.asc");
        var script =
            $$"""
            set -euo pipefail
            export GNUPGHOME=$(mktemp -d)
            trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT
            gpg() { command gpg --batch --quiet --pinentry-mode loopback --passphrase '' "$@"; }
            gpg --quick-gen-key '{{name}}' ed25519 cert {{expire}}
            fingerprint=$(gpg --list-keys --with-colons | awk -F: '/^fpr/ { print $10; exit }')
            gpg --quick-add-key "$fingerprint" cv25519 encr {{expire}}
            printf %s "$fingerprint" > '{{file}}.fingerprint'
            gpg --armor --export > '{{file}}'
            gpg --armor --export-secret-keys > '{{file}}.secret'
            """;
        var made = await CliProcess.RunAsync(["-c", script], program: "/bin/bash");
        Assert.True(made.ExitCode == 0, made.ToString());
        return file;
    }
}
