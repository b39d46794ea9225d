using System.Security.Cryptography;
using System.Text.Json;
using Backstay.Cli.Tests.Running;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Tests.Commands;

/// <summary><c>backup verify</c> with a key: a real archive, proven here and reported to the controller.</summary>
public sealed class LocalProofTests : IAsyncLifetime
{
    private const string Passphrase = "a long enough passphrase";

    private readonly TemporaryFolder _folder = new();
    private readonly string _passphrase;
    private byte[] _archive = [];

    public LocalProofTests() => _passphrase = _folder.File("passphrase");

    private static string Reports => $"/admin/appliances/{Peer.ApplianceId}/backup/{Peer.BackupId}/verifications";

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_passphrase, Passphrase + "\n");
        await File.WriteAllTextAsync(_folder.File("hosts"), "127.0.0.1 localhost\n");
        var made = await CliProcess.RunAsync(
            ["archive", "create", "--to", _folder.File("made.gpg"), "--name", "gw-01", "--passphrase-file", _passphrase, _folder.File("hosts")]);
        Assert.True(made.ExitCode == 0, made.ToString());
        _archive = await File.ReadAllBytesAsync(_folder.File("made.gpg"));
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_content_is_proven_here_reported_and_nothing_stays()
    {
        await using var peer = await PeerAsync(_archive);
        peer.Archive.Cuts.Enqueue(100);

        var run = await RunAsync(peer, "--passphrase-file", _passphrase, "--output", "json");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("user admin", JsonDocument.Parse(run.Output).RootElement.GetProperty("by").GetString());
        var report = peer.Bodies[Reports].Deserialize(AdminJson.Default.VerificationReport)!;
        Assert.Equal((VerificationRunState.Passed, HashOf(_archive), 1L), (report.State!.Value, report.Sha256, report.Files));
        Assert.True(report.Seconds > 0);
        Assert.Empty(Directory.GetFiles(_folder.File("cache")));
    }

    [Fact]
    public async Task An_archive_that_is_sealed_to_a_public_key_alone_is_proven_with_the_secret_one()
    {
        var made = await CliProcess.RunAsync(
            [
                "-c",
                $"""
                set -e
                export GNUPGHOME='{_folder.File("gnupg")}'
                mkdir -m 700 "$GNUPGHOME"
                gpg --batch --quiet --passphrase '' --quick-generate-key 'Backup <backup@example.com>' default default never
                gpg --batch --armor --export > '{_folder.File("public.asc")}'
                gpg --batch --armor --export-secret-keys > '{_folder.File("secret.asc")}'
                """,
            ],
            program: "/bin/bash");
        Assert.True(made.ExitCode == 0, made.ToString());
        var sealedToKey = await CliProcess.RunAsync(
            ["archive", "create", "--to", _folder.File("key.gpg"), "--recipient", _folder.File("public.asc"), _folder.File("hosts")]);
        Assert.True(sealedToKey.ExitCode == 0, sealedToKey.ToString());
        await using var peer = await PeerAsync(await File.ReadAllBytesAsync(_folder.File("key.gpg")));

        var run = await RunAsync(peer, "--secret-key", _folder.File("secret.asc"));

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("passed", peer.Bodies[Reports].GetProperty("state").GetString());
    }

    [Fact]
    public async Task Damage_within_the_sealed_bytes_is_reported_and_is_exit_code_7()
    {
        _archive[^40] ^= 1;
        await using var peer = await PeerAsync(_archive);

        var run = await RunAsync(peer, "--passphrase-file", _passphrase);

        Assert.Equal(7, run.ExitCode);
        Assert.Equal("failed", peer.Bodies[Reports].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_wrong_key_is_no_result_and_what_was_downloaded_stays_for_the_right_one()
    {
        await using var peer = await PeerAsync(_archive);
        await File.WriteAllTextAsync(_folder.File("wrong"), "of somebody else\n");

        Assert.Equal(7, (await RunAsync(peer, "--passphrase-file", _folder.File("wrong"))).ExitCode);

        Assert.DoesNotContain(Reports, peer.Bodies.Keys);
        Assert.Single(Directory.GetFiles(_folder.File("cache")));
    }

    [Fact]
    public async Task A_copy_that_is_not_the_sealed_archive_is_no_result_and_goes()
    {
        await using var peer = await PeerAsync(_archive);
        var cached = Path.Join(Directory.CreateDirectory(_folder.File("cache")).FullName, $"{Peer.BackupId}.gpg");
        await File.WriteAllBytesAsync(cached, _archive[..^1]);

        Assert.Equal(7, (await RunAsync(peer, "--passphrase-file", _passphrase)).ExitCode);

        Assert.DoesNotContain(Reports, peer.Bodies.Keys);
        Assert.False(File.Exists(cached));
    }

    [Fact]
    public async Task With_a_key_there_is_no_other_strength_than_content()
    {
        await using var peer = await PeerAsync(_archive);

        Assert.Equal(2, (await RunAsync(peer, "--passphrase-file", _passphrase, "--strength", "digest")).ExitCode);
    }

    private static async Task<Peer> PeerAsync(byte[] archive)
    {
        var peer = await Peer.StartAsync();
        peer.Archive.Content = archive;
        peer.Backups = [Wire.Success() with { Size = archive.Length, Sha256 = HashOf(archive) }];
        return peer;
    }

    private static string HashOf(byte[] archive) => Convert.ToHexStringLower(SHA256.HashData(archive));

    private Task<CliResult> RunAsync(Peer peer, params string[] arguments) => CliProcess.RunAsync(
        ["backup", "verify", "gw-01", .. arguments, "--cache", _folder.File("cache")], peer.Environment());
}
