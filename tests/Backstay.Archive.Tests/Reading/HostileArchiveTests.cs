using System.Text;
using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests.Reading;

public sealed class HostileArchiveTests
{
    [Theory]
    [InlineData("config/../../escaped")]
    [InlineData("config/..")]
    [InlineData("../escaped")]
    [InlineData("/etc/escaped")]
    [InlineData("config//double")]
    [InlineData("config/./dot")]
    [InlineData("elsewhere/file")]
    [InlineData("backstay")]
    public async Task A_name_that_is_not_plain_is_refused(string name)
    {
        using var scratch = new Scratch();

        ArchiveException refused = await new HandMade().File(name, [1]).ExtractAsync(scratch["out"]);

        Assert.Equal(ArchiveFault.HostilePath, refused.Fault);
        Assert.Equal(["out"], Directory.EnumerateFileSystemEntries(scratch.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_file_is_not_written_through_a_symbolic_link()
    {
        using var scratch = new Scratch();
        string outside = scratch.MakeFolder("outside");

        ArchiveException refused = await new HandMade()
            .Entry(ArchiveEntryKind.SymbolicLink, "config/link", outside).File("config/link/file", [1]).ExtractAsync(scratch["out"]);

        Assert.Equal(ArchiveFault.HostilePath, refused.Fault);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    [Fact]
    public async Task A_file_in_the_place_of_a_symbolic_link_replaces_the_link()
    {
        using var scratch = new Scratch();
        string outside = scratch.Write("outside", "mine");

        ArchiveException refused = await new HandMade()
            .Entry(ArchiveEntryKind.SymbolicLink, "config/link", outside).File("config/link", [1]).ExtractAsync(scratch["out"]);

        Assert.Equal(ArchiveFault.Damaged, refused.Fault); // for want of SHA256SUMS; the outside is what this is about
        Assert.Equal("mine", await File.ReadAllTextAsync(outside));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("config/../../outside")]
    public async Task A_hard_link_out_of_the_target_is_refused(string target)
    {
        using var scratch = new Scratch();
        scratch.Write("outside", "mine");

        ArchiveException refused = await new HandMade().Entry(ArchiveEntryKind.HardLink, "config/link", target).ExtractAsync(scratch["out"]);

        Assert.Equal(ArchiveFault.HostilePath, refused.Fault);
    }

    [Fact]
    public async Task A_hard_link_through_a_symbolic_link_is_refused()
    {
        using var scratch = new Scratch();
        string outside = scratch.MakeFolder("outside");
        scratch.Write("outside/file", "mine");

        await new HandMade().Entry(ArchiveEntryKind.SymbolicLink, "config/link", outside)
            .Entry(ArchiveEntryKind.HardLink, "config/hard", "config/link/file").ExtractAsync(scratch["out"]);

        Assert.False(File.Exists(scratch["out/config/hard"]));
    }

    [Fact]
    public async Task A_device_is_not_made_unless_asked()
    {
        using var scratch = new Scratch();

        await new HandMade().Entry(ArchiveEntryKind.CharacterDevice, "config/null").ExtractAsync(scratch["out"]);

        Assert.False(File.Exists(scratch["out/config/null"]));
    }

    [Fact]
    public async Task A_bomb_is_stopped_at_the_size_allowed()
    {
        var bomb = new HandMade();
        bomb.File("config/zeros", new byte[64 * 1024 * 1024]);
        byte[] archive = await bomb.SealAsync();
        var unlock = Unlock.WithSessionKey(bomb.Key);

        var bySize = await Assert.ThrowsAsync<ArchiveException>(
            () => Archives.VerifyAsync(archive, unlock, new VerifyOptions { MaxExpandedBytes = 1_000_000 }));
        var byRatio = await Assert.ThrowsAsync<ArchiveException>(
            () => Archives.VerifyAsync(archive, unlock, new VerifyOptions { MaxRatio = 100, RatioFrom = 1_000_000 }));

        Assert.Equal(ArchiveFault.TooLarge, bySize.Fault);
        Assert.Equal(ArchiveFault.TooLarge, byRatio.Fault);
    }

    [Fact]
    public async Task A_sparse_file_of_a_petabyte_is_refused_before_its_holes_are_hashed()
    {
        var archive = new HandMade();
        archive.Raw(SparseHeader(realSize: 1L << 50, stored: 512)).Raw(Pad("1\n1125899906842624\n0\n"));

        var refused = await Assert.ThrowsAsync<ArchiveException>(
            async () => await Archives.VerifyAsync(await archive.SealAsync(), Unlock.WithSessionKey(archive.Key)));

        Assert.Equal(ArchiveFault.TooLarge, refused.Fault);
    }

    [Theory]
    [InlineData("2\n100\n50\n120\n10\n")] // runs overlap
    [InlineData("1\n990\n50\n")] // beyond the file
    [InlineData("x\n")]
    [InlineData("1\n0\n40\n")] // less data than is stored
    public async Task A_sparse_map_that_lies_is_refused(string map)
    {
        var archive = new HandMade();
        archive.Raw(SparseHeader(realSize: 1000)).Raw(Pad(map)).Raw(new byte[512]);

        var refused = await Assert.ThrowsAsync<ArchiveException>(
            async () => await Archives.VerifyAsync(await archive.SealAsync(), Unlock.WithSessionKey(archive.Key)));

        Assert.Equal(ArchiveFault.Damaged, refused.Fault);
    }

    [Fact]
    public async Task A_giant_pax_header_is_refused()
    {
        byte[] header = new TarHeaderWriter().Write(new TarHead
        {
            Kind = ArchiveEntryKind.File,
            Name = "config/file"u8,
            SparseSize = -1,
            Permissions = 0,
            Uid = 0,
            Gid = 0,
            Modified = default,
            Attributes = [new ExtendedAttribute([.. "user.large"u8], new byte[3_000_000])],
        }).ToArray();
        var archive = new HandMade().Raw(header);

        var refused = await Assert.ThrowsAsync<ArchiveException>(
            async () => await Archives.VerifyAsync(await archive.SealAsync(), Unlock.WithSessionKey(archive.Key)));

        Assert.Equal(ArchiveFault.TooLarge, refused.Fault);
    }

    [Fact]
    public async Task A_file_that_is_not_in_the_checksums_is_refused()
    {
        var archive = new HandMade().File("config/smuggled", [1]).File("backstay/SHA256SUMS", []);

        var refused = await Assert.ThrowsAsync<ArchiveException>(
            async () => await Archives.VerifyAsync(await archive.SealAsync(), Unlock.WithSessionKey(archive.Key)));

        Assert.Equal(ArchiveFault.Damaged, refused.Fault);
    }

    [Fact]
    public async Task A_folder_that_is_not_empty_is_not_extracted_to()
    {
        using var scratch = new Scratch();
        scratch.Write("out/mine", "x");
        (byte[] archive, _) = await Archives.CreateAsync(scratch.MakeFolder("source"));

        var refused = await Assert.ThrowsAsync<ArchiveException>(() => Archives.ExtractAsync(archive, scratch["out"]));

        Assert.Equal(ArchiveFault.Target, refused.Fault);
    }

    private static byte[] SparseHeader(long realSize, long stored = 1024) => new TarHeaderWriter().Write(new TarHead
    {
        Kind = ArchiveEntryKind.File,
        Name = "config/sparse"u8,
        StoredSize = stored,
        SparseSize = realSize,
        Permissions = 0,
        Uid = 0,
        Gid = 0,
        Modified = default,
        Attributes = [],
    }).ToArray();

    private static byte[] Pad(string map)
    {
        byte[] block = new byte[512];
        Encoding.ASCII.GetBytes(map).CopyTo(block, 0);
        return block;
    }
}
