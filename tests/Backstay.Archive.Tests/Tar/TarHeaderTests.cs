using CsCheck;

namespace Backstay.Archive.Tests.Tar;

public sealed class TarHeaderTests
{
    private static readonly Gen<byte[]> Component = Gen.Byte.Where(b => b is not (0 or (byte)'/')).Array[1, 200]
        .Where(part => part is not [(byte)'.'] and not [(byte)'.', (byte)'.']);

    private static readonly Gen<byte[]> Name = Component.Array[1, 6].Select(parts => parts.Aggregate("config"u8.ToArray(), (all, part) => [.. all, (byte)'/', .. part]));

    private static readonly Gen<ExtendedAttribute> Attribute = Gen.Select(
        Gen.Byte.Where(b => b != 0).Array[1, 50], Gen.Byte.Array[0, 300], (name, value) => new ExtendedAttribute([.. "user."u8, .. name], value));

    [Fact]
    public void What_a_header_says_is_read_back_whatever_its_bytes()
        => Gen.Select(Name, Name, Gen.Long[-(1L << 40), 1L << 40], Gen.Int[0, 999_999_999], Gen.UInt, Gen.UInt, Attribute.Array[0, 4])
            .Sample((name, link, seconds, nanoseconds, uid, gid, attributes) =>
            {
                var head = new TarHead
                {
                    Kind = ArchiveEntryKind.SymbolicLink,
                    Name = name,
                    LinkTarget = link,
                    SparseSize = -1,
                    Permissions = 0xfff,
                    Uid = uid,
                    Gid = gid,
                    Modified = new FileTime(seconds, nanoseconds),
                    UserName = link.AsSpan(0, Math.Min(link.Length, 60)),
                    Attributes = attributes,
                };
                byte[] header = new TarHeaderWriter().Write(head).ToArray();
                TarEntry entry = ReadAsync(header).GetAwaiter().GetResult();
                Assert.Equal(name, entry.Name.Span.ToArray());
                Assert.Equal(link, entry.LinkTarget.Span.ToArray());
                Assert.Equal(new FileTime(seconds, nanoseconds), entry.Modified);
                Assert.Equal((uid, gid, 0xfff), (entry.Uid, entry.Gid, entry.Permissions));
                Assert.Equal(link.AsSpan(0, Math.Min(link.Length, 60)).ToArray(), entry.UserName.Span.ToArray());
                Assert.Equal(attributes.Select(a => (Convert.ToHexString(a.Name), Convert.ToHexString(a.Value))), entry.Attributes.Select(a => (Convert.ToHexString(a.Name), Convert.ToHexString(a.Value))));
            }, iter: 500);

    [Fact]
    public async Task A_size_beyond_octal_is_read_back()
    {
        byte[] header = new TarHeaderWriter().Write(new TarHead
        {
            Kind = ArchiveEntryKind.File,
            Name = "config/huge"u8,
            StoredSize = 9L << 33,
            SparseSize = -1,
            Permissions = 0,
            Uid = 0,
            Gid = 0,
            Modified = default,
            Attributes = [],
        }).ToArray();

        Assert.Equal(9L << 33, (await ReadAsync(header)).Size);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("back\\slash", "\\\\")]
    [InlineData("new\nline", "\\n")]
    public void A_checksum_line_is_in_the_form_of_sha256sum(string name, string expected)
    {
        var line = new ByteBuffer(100);
        ChecksumList.Format(new byte[32], System.Text.Encoding.UTF8.GetBytes(name), line);
        string text = System.Text.Encoding.UTF8.GetString(line.Span);

        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.Equal(name != "plain", text.StartsWith('\\'));
        Assert.Equal(1, text.Count(c => c == '\n'));
    }

    private static async Task<TarEntry> ReadAsync(byte[] header)
    {
        var pipe = new BlockPipe(2, 4 * 1024 * 1024);
        var writer = new BlockWriter(pipe);
        await writer.WriteAsync(header, default);
        writer.Complete();
        var reader = new TarReader(pipe, new ReadOptions());
        Assert.True(await reader.NextAsync(default));
        return reader.Entry;
    }
}
