namespace Backstay.EndToEnd.Fixture;

/// <summary>Source trees, and their comparison by the machine's own tools.</summary>
internal static class Trees
{
    /// <summary>Everything that a backup has to keep: owners, modes, nanoseconds, links, xattrs, ACLs, capabilities, holes, odd names.</summary>
    public static Task MakeNastyAsync(string folder) => Command.ShellAsync(
        """
        mkdir -p 'dir/empty' deep/$(printf 'long-name-%.0s' {1..20})/$(printf 'x%.0s' {1..200})
        echo content > plain
        echo secret > mode; chmod 4711 mode
        echo owned > owned; chown 12345:54321 owned
        echo linked > first; ln first dir/second
        ln -s plain symlink; ln -s /nowhere dangling; ln -s "$(printf 'y%.0s' {1..150})/z" longlink
        echo text > 'name with spaces'; echo text > $'new\nline'; echo text > $'back\\slash'; echo text > $'latin-\xe9\xff'
        echo text > $'täxt-ünïcode-☃'
        echo x > attr; setfattr -n user.note -v 'a value' attr; setfattr -n user.bytes -v 0x00ff00fe attr
        echo x > acl; setfacl -m u:1001:rw,g:1002:r acl; mkdir defacl; setfacl -d -m u:1003:rwx defacl
        cp /bin/true capable; setcap cap_net_bind_service+ep capable
        truncate -s 20M hole; printf middle | dd of=hole bs=1 seek=10000000 conv=notrunc status=none
        mkfifo pipe
        head -c 3000000 /dev/urandom > noise; : > nothing
        chmod 1777 dir/empty
        find . -exec touch -h -d '2021-03-04 05:06:07.123456789' {} +
        """,
        Directory.CreateDirectory(folder).FullName);

    /// <summary>Incompressible, so that an upload of it takes a known time.</summary>
    public static Task MakeNoiseAsync(string folder, int megabytes) => Command.ShellAsync(
        $"for i in $(seq {megabytes}); do head -c 1M /dev/urandom > noise-$i; done", Directory.CreateDirectory(folder).FullName);

    /// <summary>Removes a folder, whatever bytes its names are made of: .NET's own way knows text only.</summary>
    public static Task RemoveAsync(string folder) => Command.RunAsync("rm", ["-rf", folder]);

    /// <summary>A text that is equal for two trees only if content, owner, mode, times, links, xattrs and ACLs are.</summary>
    public static Task<string> DescribeAsync(string folder) => Command.ShellAsync(
        """
        find . -printf '%P\0%y %m %U:%G %s %T@ %n %l\0' | LC_ALL=C sort -z | base64
        find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum -z | base64
        getfattr -R -h -d -m - -e hex . 2>/dev/null | LC_ALL=C sort
        getfacl -R -n -p . 2>/dev/null | LC_ALL=C sort
        """,
        folder);
}
