using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests;

/// <summary>What is written here opens with the tools that everybody has.</summary>
public sealed class InteropTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task Gpg_zstd_tar_and_sha256sum_open_and_prove_an_archive_with_a_passphrase()
    {
        using var scratch = new Scratch();
        await using var gpg = new GnuPg();
        string source = await SampleAsync(scratch);
        (byte[] archive, _) = await Archives.CreateAsync(source);
        scratch.Write("a.bks", archive);

        await gpg.RunAsync($"""
            cd {scratch.MakeFolder("out")}
            gpg --batch --quiet --pinentry-mode loopback --passphrase '{Archives.Passphrase}' -d ../a.bks | tar --zstd -x
            sha256sum --check --strict --quiet backstay/SHA256SUMS
            diff -r {source} config{source}
            test "$(head -c 0 backstay/summary.json; ls backstay | tr '\n' ' ')" = "SHA256SUMS manifest.json summary.json "
            """);
    }

    [Fact]
    public async Task Sequoia_opens_an_archive_with_a_passphrase()
    {
        using var scratch = new Scratch();
        string source = await SampleAsync(scratch);
        (byte[] archive, _) = await Archives.CreateAsync(source);
        scratch.Write("a.bks", archive);

        // sq asks on a terminal only: script(1) is one
        await Shell.RunAsync($"""
            cd {scratch.Folder}
            (sleep 1; echo '{Archives.Passphrase}'; sleep 1) | timeout 60 script -qec 'sq decrypt --output opened a.bks' /dev/null
            zstd -dqc < opened | tar -t > names
            grep -q config{source}/some/text names
            """);
    }

    [Theory]
    [InlineData("rsa3072", "rsa3072")]
    [InlineData("ed25519", "cv25519")]
    [InlineData("nistp256", "nistp256")]
    [InlineData("nistp521", "nistp521")]
    public async Task Gpg_sequoia_and_our_reader_open_an_archive_with_a_secret_key(string primary, string subkey)
    {
        using var scratch = new Scratch();
        await using var gpg = new GnuPg();
        (byte[] publicKey, byte[] secretKey) = await gpg.MakeKeyAsync("ops", primary, subkey);
        string source = await SampleAsync(scratch);
        Recipient recipient = Recipient.Parse(publicKey, Now);
        (byte[] archive, _) = await Archives.CreateAsync(source, recipients: recipient);
        scratch.Write("a.bks", archive);
        scratch.Write("secret", secretKey);

        Assert.Equal(["ops"], recipient.UserIds);
        await gpg.RunAsync($"gpg --batch --quiet -d {scratch["a.bks"]} > {scratch["gpg.zst"]}; zstd -tq {scratch["gpg.zst"]}");
        await Shell.RunAsync($"sq decrypt --recipient-key {scratch["secret"]} {scratch["a.bks"]} 2>/dev/null | cmp - {scratch["gpg.zst"]}");
        await Archives.VerifyAsync(archive, Unlock.WithSecretKey(secretKey, null));
    }

    [Fact]
    public async Task A_secret_key_with_a_passphrase_opens_only_with_it()
    {
        using var scratch = new Scratch();
        await using var gpg = new GnuPg();
        (byte[] publicKey, byte[] secretKey) = await gpg.MakeKeyAsync("ops", "ed25519", "cv25519", passphrase: "open sesame");
        (byte[] archive, _) = await Archives.CreateAsync(await SampleAsync(scratch), recipients: Recipient.Parse(publicKey, Now));

        await Archives.VerifyAsync(archive, Unlock.WithSecretKey(secretKey, "open sesame"));
        var refused = await Assert.ThrowsAsync<ArchiveException>(() => Archives.VerifyAsync(archive, Unlock.WithSecretKey(secretKey, "wrong")));
        Assert.Equal(ArchiveFault.WrongKey, refused.Fault);
    }

    private static async Task<string> SampleAsync(Scratch scratch)
    {
        scratch.Write("source/some/text", string.Concat(Enumerable.Repeat("All work and no play makes Jack a dull boy.\n", 5000)));
        scratch.Write("source/noise", Archives.Noise(700_000, 1));
        scratch.Write("source/empty", "");
        await Shell.RunAsync($"cd {scratch["source"]}; ln -s some/text link; mkdir empty-folder; printf x > $'back\\\\slash\\nand newline'");
        return scratch["source"];
    }
}
