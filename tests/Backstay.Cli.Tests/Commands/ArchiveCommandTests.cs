using System.Text.Json;
using Backstay.Cli.Tests.Running;

namespace Backstay.Cli.Tests.Commands;

/// <summary>Offline, with the real library and the real gpg.</summary>
public sealed class ArchiveCommandTests : IDisposable
{
    private const string Passphrase = "a long enough passphrase";

    private readonly TemporaryFolder _folder = new();
    private readonly string _source;
    private readonly string _archive;

    public ArchiveCommandTests()
    {
        _source = _folder.File("source");
        _archive = _folder.File("made.gpg");
        Directory.CreateDirectory(Path.Join(_source, "sub"));
        File.WriteAllText(Path.Join(_source, "hello.txt"), "hello\n");
        File.WriteAllText(Path.Join(_source, "sub", "left.tmp"), "out");
        File.WriteAllBytes(Path.Join(_source, "sub", "big"), PeerArchive.Bytes(3_000_000, seed: 3));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_archive_that_is_made_here_opens_with_gpg_and_tar_alone()
    {
        var create = await RunAsync("archive", "create", "--to", _archive, "--exclude", "*.tmp", _source, "-o", "json");
        Assert.True(create.ExitCode == 0, create.ToString());
        Assert.Equal(2, JsonDocument.Parse(create.Output).RootElement.GetProperty("files").GetInt64());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_archive));

        var target = Directory.CreateDirectory(_folder.File("opened")).FullName;
        var opened = await CliProcess.RunAsync(
            [
                "-c",
                $"gpg --batch --homedir '{_folder.Path}' --pinentry-mode loopback --passphrase '{Passphrase}' -d '{_archive}' 2>/dev/null "
                    + $"| tar --zstd -x -C '{target}' && cd '{target}' && sha256sum -c backstay/SHA256SUMS",
            ],
            program: "/bin/bash");
        Assert.True(opened.ExitCode == 0, opened.ToString());
        var root = Path.Join(target, "config", _source);
        Assert.Equal("hello\n", await File.ReadAllTextAsync(Path.Join(root, "hello.txt")));
        Assert.Equal(await File.ReadAllBytesAsync(Path.Join(_source, "sub", "big")), await File.ReadAllBytesAsync(Path.Join(root, "sub", "big")));
        Assert.False(File.Exists(Path.Join(root, "sub", "left.tmp")));
    }

    [Fact]
    public async Task An_archive_is_never_overwritten_without_force_and_leaves_nothing_beside_it()
    {
        await File.WriteAllTextAsync(_archive, "precious");

        var refused = await RunAsync("archive", "create", "--to", _archive, _source);
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal("precious", await File.ReadAllTextAsync(_archive));

        Assert.Equal(0, (await RunAsync("archive", "create", "--to", _archive, "--force", _source)).ExitCode);
        Assert.Equal(["made.gpg"], Directory.GetFiles(_folder.Path).Select(file => Path.GetFileName(file)));
        Assert.Equal(0, (await RunAsync("archive", "verify", _archive)).ExitCode);
    }

    [Fact]
    public async Task A_path_that_is_missing_is_a_warning_and_exit_code_3()
    {
        var create = await RunAsync("archive", "create", "--to", _archive, _source, _folder.File("missing"));

        Assert.Equal(3, create.ExitCode);
        Assert.Contains("warning: ", create.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_of_which_nothing_would_be_archived_is_refused()
    {
        var create = await RunAsync("archive", "create", "--to", _archive, "--exclude", $"{_source}/**", _source);

        Assert.Equal(2, create.ExitCode);
        Assert.Contains($"All of \"{_source}\" is left out", create.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_archive));
    }

    [Theory]
    [InlineData("list", "FILE")]
    [InlineData("verify", "FILE")]
    [InlineData("extract", "FILE", "opened")]
    [InlineData("diff", "FILE", "FILE")]
    public async Task An_archive_that_is_not_there_is_not_found(string verb, params string[] arguments)
    {
        var missing = _folder.File("nowhere.gpg");

        var refused = await RunAsync(["archive", verb, .. arguments.Select(argument => argument == "FILE" ? missing : _folder.File(argument))]);

        Assert.Equal(5, refused.ExitCode);
        Assert.Contains($"There is no file {missing}.", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Device_nodes_are_made_only_when_that_is_said()
    {
        var device = Path.Join(_source, "null");
        var made = await CliProcess.RunAsync(["-c", $"mknod '{device}' c 1 3"], program: "/bin/bash");
        Assert.True(made.ExitCode == 0, $"making a device needs root, as the tests have in CI: {made}");
        Assert.Equal(0, (await RunAsync("archive", "create", "--to", _archive, _source)).ExitCode);

        var without = await RunAsync("archive", "extract", _archive, _folder.File("without"));
        var with = await RunAsync("archive", "extract", _archive, _folder.File("with"), "--devices");

        Assert.Equal(3, without.ExitCode);
        Assert.Contains("A device node", without.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Join(_folder.File("without"), "config", device)));
        Assert.True(with.ExitCode == 0, with.ToString());
        var extracted = Path.Join(_folder.File("with"), "config", device);
        Assert.Equal(0, (await CliProcess.RunAsync(["-c", $"test -c '{extracted}'"], program: "/bin/bash")).ExitCode);
    }

    [Fact]
    public async Task A_list_has_every_entry_with_mode_and_size()
    {
        await RunAsync("archive", "create", "--to", _archive, _source);

        var list = await RunAsync("archive", "list", _archive, "-o", "json");

        Assert.True(list.ExitCode == 0, list.ToString());
        var entries = JsonDocument.Parse(list.Output).RootElement.EnumerateArray().ToList();
        var hello = Assert.Single(entries, entry => entry.GetProperty("name").GetString() == $"config{_source}/hello.txt");
        Assert.Equal(6, hello.GetProperty("size").GetInt64());
        Assert.Equal("file", hello.GetProperty("kind").GetString());
        Assert.Matches("^[0-7]{4}$", hello.GetProperty("mode").GetString());
        Assert.Contains("hello.txt", (await RunAsync("archive", "list", _archive)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_that_is_whole_is_proven_and_extracted()
    {
        await RunAsync("archive", "create", "--to", _archive, "--name", "gw-01", _source);

        var verify = await RunAsync("archive", "verify", _archive, "-o", "json");
        Assert.True(verify.ExitCode == 0, verify.ToString());
        Assert.Equal("gw-01", JsonDocument.Parse(verify.Output).RootElement.GetProperty("appliance").GetString());
        Assert.Equal(3, JsonDocument.Parse(verify.Output).RootElement.GetProperty("files").GetInt64());

        var extract = await RunAsync("archive", "extract", _archive, _folder.File("opened"));
        Assert.True(extract.ExitCode == 0, extract.ToString());
        Assert.Equal("hello\n", await File.ReadAllTextAsync(Path.Join(_folder.File("opened"), "config", _source, "hello.txt")));
    }

    [Fact]
    public async Task A_wrong_passphrase_is_exit_code_7()
    {
        await RunAsync("archive", "create", "--to", _archive, _source);

        var verify = await CliProcess.RunAsync(
            ["archive", "verify", _archive, "-o", "json"], new Dictionary<string, string> { ["BACKSTAY_PASSPHRASE"] = "another" });

        Assert.Equal(7, verify.ExitCode);
        Assert.Contains("\"archive-wrong-key\"", verify.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_with_a_changed_byte_or_without_its_end_is_exit_code_7()
    {
        await RunAsync("archive", "create", "--to", _archive, _source);
        var whole = await File.ReadAllBytesAsync(_archive);

        var altered = (byte[])whole.Clone();
        altered[whole.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(_archive, altered);
        Assert.Equal(7, (await RunAsync("archive", "verify", _archive)).ExitCode);
        Assert.Equal(7, (await RunAsync("archive", "extract", _archive, _folder.File("opened"))).ExitCode);

        await File.WriteAllBytesAsync(_archive, whole[..(whole.Length / 2)]);
        Assert.Equal(7, (await RunAsync("archive", "verify", _archive)).ExitCode);

        await File.WriteAllTextAsync(_archive, "no archive at all");
        Assert.Equal(7, (await RunAsync("archive", "verify", _archive)).ExitCode);
    }

    [Fact]
    public async Task A_changed_byte_anywhere_is_exit_code_7()
    {
        const int positions = 40, together = 4;
        await RunAsync("archive", "create", "--to", _archive, _source);
        var whole = await File.ReadAllBytesAsync(_archive);
        // The first and the last, some of the envelope, and the others evenly over the file.
        int[] places = [0, 1, 5, 20, 45, 60, whole.Length - 1, .. Enumerable.Range(1, positions - 7).Select(i => (int)((long)whole.Length * i / (positions - 6)))];
        Assert.Equal(positions, places.Distinct().Count());

        await Parallel.ForEachAsync(places, new ParallelOptions { MaxDegreeOfParallelism = together }, async (place, cancellationToken) =>
        {
            var altered = (byte[])whole.Clone();
            altered[place] ^= (byte)(1 << (place % 8));
            var file = _folder.File($"altered-{place}.gpg");
            await File.WriteAllBytesAsync(file, altered, cancellationToken);

            var verify = await RunAsync("archive", "verify", file);

            Assert.True(verify.ExitCode == 7, $"byte {place} of {whole.Length}: {verify}");
            Assert.Empty(verify.Output);
            File.Delete(file);
        });
    }

    [Fact]
    public async Task A_recipients_secret_key_alone_opens_what_was_sealed_for_it()
    {
        var keys = await CliProcess.RunAsync(
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
        Assert.True(keys.ExitCode == 0, keys.ToString());

        // No passphrase anywhere: the key alone opens it.
        var create = await CliProcess.RunAsync(["archive", "create", "--to", _archive, "--recipient", _folder.File("public.asc"), _source]);
        Assert.True(create.ExitCode == 0, create.ToString());

        var verify = await CliProcess.RunAsync(["archive", "verify", _archive, "--secret-key", _folder.File("secret.asc")]);
        Assert.True(verify.ExitCode == 0, verify.ToString());
        var withPassphrase = await RunAsync("archive", "verify", _archive);
        Assert.Equal(7, withPassphrase.ExitCode);
    }

    [Fact]
    public async Task Without_any_passphrase_and_nobody_to_ask_it_is_exit_code_2()
    {
        var create = await CliProcess.RunAsync(["archive", "create", "--to", _archive, _source]);

        Assert.Equal(2, create.ExitCode);
        Assert.Contains("BACKSTAY_PASSPHRASE", create.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_archive));
    }

    [Fact]
    public async Task A_passphrase_can_come_from_a_file()
    {
        var file = _folder.File("passphrase");
        await File.WriteAllTextAsync(file, Passphrase + "\n");
        await CliProcess.RunAsync(["archive", "create", "--to", _archive, "--passphrase-file", file, _source]);

        Assert.Equal(0, (await RunAsync("archive", "verify", _archive)).ExitCode);
    }

    private static Task<CliResult> RunAsync(params string[] arguments) =>
        CliProcess.RunAsync(arguments, new Dictionary<string, string> { ["BACKSTAY_PASSPHRASE"] = Passphrase });
}
