namespace Backstay.Archive.Tests.Support;

/// <summary>A tree with everything that Linux can put into one, and all there is to know about a tree.</summary>
internal static class NastyTree
{
    /// <summary>Makes the tree. Needs root, as restoring owners, devices and capabilities does.</summary>
    private const string Make = """
        cd "$TREE"
        mkdir -p plain/deep/er empty sticky locked
        printf 'hello\n' > plain/file; printf '' > plain/empty
        head -c 3000000 /dev/urandom > plain/large
        chmod 1777 sticky; chmod 0500 locked
        printf 's' > setuid; chown 1234:2345 setuid; chmod 6755 setuid
        printf 'o' > owned; chown 3000000000:4000000000 owned; chmod 0640 owned
        ln -s plain/file symlink; ln -s /nonexistent/absolute dangling; ln -s ../../../../etc/passwd escaping
        chown -h 77:88 dangling
        ln plain/large hard-large; ln plain/file hard-file; ln symlink hard-symlink
        mkfifo fifo; chmod 0622 fifo; mknod null c 1 3; mknod loop b 7 300
        touch "$(printf 'latin1-\351')" "$(printf 'new\nline')" 'back\slash' ' leading space' './-dash' 'umlaut-ä-日本'
        mkdir "$(printf 'dir-\377')"; touch "$(printf 'dir-\377/in')"
        long=$(printf 'n%.0s' $(seq 250)); mkdir -p "$long/$long/$long"; printf l > "$long/$long/$long/leaf"
        ln -s "$long/$long" "long-link"
        mkdir -p $(printf 'a%.0s' $(seq 99)); touch $(printf 'a%.0s' $(seq 99))/$(printf 'b%.0s' $(seq 100)) $(printf 'c%.0s' $(seq 100)) $(printf 'd%.0s' $(seq 101))
        truncate -s 50M sparse; printf middle | dd of=sparse bs=1 seek=20000000 conv=notrunc status=none
        truncate -s 10M all-hole
        printf end | dd of=sparse-end bs=1 seek=8000000 status=none
        setfattr -n user.comment -v 'with=equals and %' plain/file
        setfattr -n user.binary -v 0x00ff0a003d plain/file
        setfattr -n 'user.na=me%' -v odd plain/file
        setfattr -n user.dir -v on-a-folder empty
        setfattr -n trusted.secret -v t plain/file
        setfacl -m u:1234:rw,g:2345:r plain/file; setfacl -d -m u:4321:rwx plain/deep; setfacl -m u:1234:x plain/deep
        setcap cap_net_raw+ep plain/large
        touch -d '1969-12-31 23:59:58.75 UTC' before-1970; touch -d '2200-01-01 00:00:00.000000001 UTC' far
        touch -h -d '2001-02-03 04:05:06.789012345 UTC' symlink
        find . -depth -type d -exec touch -d '2020-05-05 05:05:05.123456789 UTC' {} +
        """;

    /// <summary>All there is to know about a tree, sorted. The link count says that hard links are links.</summary>
    private const string Describe = """
        cd "$TREE"
        LC_ALL=C find . -mindepth 1 -printf '%y %m %U:%G %s %n %T@ %l %p\0' | LC_ALL=C sort -z | sed -z 's/^d \([^ ]* [^ ]*\) [0-9]* [0-9]*/d \1/' | tr '\0' '\n'
        LC_ALL=C find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
        LC_ALL=C find . -mindepth 1 \( -type f -o -type d \) -print0 | LC_ALL=C sort -z | xargs -0 getfattr -d -m - -e hex --absolute-names 2>/dev/null
        LC_ALL=C find . -mindepth 1 -not -type l -print0 | LC_ALL=C sort -z | xargs -0 getfacl -n -p
        LC_ALL=C find . -type b -o -type c | LC_ALL=C sort | xargs stat -c '%n %t:%T'
        du -k sparse all-hole sparse-end | awk '{ print ($1 < 200 ? "sparse" : "filled"), $2 }'
        """;

    /// <summary>Makes the tree, as the folder <c>nasty</c>, and an archive of it.</summary>
    public static async Task<(string Source, byte[] Archive)> ArchiveAsync(Scratch scratch)
    {
        string source = scratch.MakeFolder("nasty");
        await Shell.RunAsync(Make, ("TREE", source));
        (byte[] archive, ArchiveSummary summary) = await Archives.CreateAsync(source);
        Assert.Empty(summary.Warnings);
        return (source, archive);
    }

    public static Task<string> DescribeAsync(string tree) => Shell.RunAsync(Describe, ("TREE", tree));
}
