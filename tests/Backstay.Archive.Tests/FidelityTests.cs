using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests;

/// <summary>A tree with everything that Linux can put into one comes back as it was: by GNU tar, and by our own reader.</summary>
public sealed class FidelityTests
{
    [Fact]
    public async Task Gnu_tar_restores_everything()
    {
        using var scratch = new Scratch();
        await using var gpg = new GnuPg();
        (string source, byte[] archive) = await NastyTree.ArchiveAsync(scratch);
        scratch.Write("a.bks", archive);
        string output = scratch.MakeFolder("out");

        await gpg.RunAsync($"""
            cd {output}
            gpg --batch --quiet --pinentry-mode loopback --passphrase '{Archives.Passphrase}' -d ../a.bks > ../a.zst
            tar --zstd --numeric-owner --xattrs --xattrs-include='*' --acls -xpf ../a.zst 2> ../tar-errors
            ! grep -v 'implausibly old time stamp 1969\|in the future' ../tar-errors # it restores them all the same
            sha256sum --check --strict --quiet backstay/SHA256SUMS
            """);

        Assert.Equal(await NastyTree.DescribeAsync(source), await NastyTree.DescribeAsync($"{output}/config{source}"));
    }

    [Fact]
    public async Task Our_reader_restores_everything()
    {
        using var scratch = new Scratch();
        (string source, byte[] archive) = await NastyTree.ArchiveAsync(scratch);
        string output = scratch["out"];

        ExtractionResult result = await Archives.ExtractAsync(archive, output, new ExtractOptions { AllowDevices = true });

        Assert.Empty(result.Problems);
        await Shell.RunAsync($"cd {output}; sha256sum --check --strict --quiet backstay/SHA256SUMS");
        Assert.Equal(await NastyTree.DescribeAsync(source), await NastyTree.DescribeAsync($"{output}/config{source}"));
    }

    [Fact]
    public async Task Folders_above_a_path_keep_their_owner_and_mode()
    {
        using var scratch = new Scratch();
        scratch.Write("a/b/file", "x");
        await Shell.RunAsync($"chown 11:22 {scratch["a"]}; chmod 0751 {scratch["a"]}");

        (byte[] archive, _) = await Archives.CreateAsync(scratch["a/b/file"]);
        await Archives.ExtractAsync(archive, scratch["out"]);

        Assert.Equal("11:22 751", (await Shell.RunAsync($"stat -c '%u:%g %a' {scratch["out"]}/config{scratch["a"]}")).Trim());
    }

    [Fact]
    public async Task Setuid_and_owners_are_dropped_when_owners_are_not_restored()
    {
        using var scratch = new Scratch();
        string file = scratch.Write("source/file", "x");
        await Shell.RunAsync($"chown 1234:2345 {file}; chmod 6755 {file}");
        (byte[] archive, _) = await Archives.CreateAsync(scratch["source"]);

        await Archives.ExtractAsync(archive, scratch["out"], new ExtractOptions { RestoreOwner = false });

        Assert.Equal("0:0 755", (await Shell.RunAsync($"stat -c '%u:%g %a' {scratch["out"]}/config{file}")).Trim());
    }
}
