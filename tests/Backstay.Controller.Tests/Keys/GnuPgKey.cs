using System.Diagnostics;

namespace Backstay.Controller.Tests.Keys;

/// <summary>Public keys as people have them: made and exported by gpg, in a home that is gone afterwards.</summary>
internal static class GnuPgKey
{
    private const string Prelude =
        """
        set -euo pipefail
        cd "$GNUPGHOME"
        trap 'gpgconf --kill all' EXIT
        make() { # NAME EXPIRE: a key with an encryption subkey
          gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key "$1" ed25519 cert "$2"
          gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-add-key "$(fingerprint "$1")" cv25519 encr "$2"
        }
        fingerprint() { gpg --batch --list-keys --with-colons "$1" | awk -F: '/^fpr/ { print $10; exit }'; }
        """;

    /// <summary>An armored public key.</summary>
    /// <param name="expire">As gpg takes it: <c>10d</c>, <c>never</c>.</param>
    public static Task<string> MakeAsync(string name = "Ops <ops@example.com>", string expire = "never") =>
        RunAsync($"make '{name}' {expire} 2> log; gpg --armor --export '{name}'");

    /// <summary>The output of some gpg, with <c>make NAME EXPIRE</c> and <c>fingerprint NAME</c> at hand.</summary>
    public static async Task<string> RunAsync(string script)
    {
        var home = Directory.CreateTempSubdirectory("gpg-").FullName; // its agent's socket wants a short path
        try
        {
            using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", $"{Prelude}\n{script}"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["GNUPGHOME"] = home },
            })!;
            var (output, errors) = (bash.StandardOutput.ReadToEndAsync(), bash.StandardError.ReadToEndAsync());
            await bash.WaitForExitAsync();
            Assert.True(bash.ExitCode == 0, await errors);
            return await output;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
