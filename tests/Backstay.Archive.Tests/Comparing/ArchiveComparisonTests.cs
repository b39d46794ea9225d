using System.Text;
using Backstay.Archive.Tests.Support;
using CsCheck;

namespace Backstay.Archive.Tests.Comparing;

public sealed class ArchiveComparisonTests
{
    private static readonly Gen<Dictionary<string, Thing>> Trees = Gen.Dictionary(
        OneOf(
            "config/a", "config/a/b", "config/a/b/c", "config/a-b", "config/a.b", "config/ä", "config/z", "state/a", "state/\n", "logs/a"),
        Gen.Select(
            OneOf(ArchiveEntryKind.File, ArchiveEntryKind.Directory, ArchiveEntryKind.SymbolicLink, ArchiveEntryKind.CharacterDevice),
            OneOf("one", "two", "three"),
            OneOf(0x1ff, 0x180),
            (kind, content, mode) => new Thing(kind, content, mode)))[0, 10];

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private sealed record Thing(ArchiveEntryKind Kind, string Content, int Mode)
    {
        /// <summary>What is compared of it.</summary>
        public (ArchiveEntryKind, string, int) Seen => (
            Kind,
            Kind is ArchiveEntryKind.File or ArchiveEntryKind.SymbolicLink ? Content : "",
            Kind == ArchiveEntryKind.SymbolicLink ? 0 : Mode);
    }

    [Fact]
    public async Task What_differs_is_what_differs_between_two_dictionaries_in_whatever_order_they_were_archived()
        => await Gen.Select(Trees, Trees, Gen.Int).SampleAsync(async (before, after, seed) =>
        {
            using ArchiveComparison comparison = await CompareAsync(await MakeAsync(before, seed), await MakeAsync(after, seed + 1));

            var expected = before.Keys.Union(after.Keys)
                .Where(name => before.GetValueOrDefault(name)?.Seen != after.GetValueOrDefault(name)?.Seen)
                .Select(name => (
                    !before.ContainsKey(name) ? ArchiveChangeKind.Added
                        : after.ContainsKey(name) ? ArchiveChangeKind.Changed
                        : ArchiveChangeKind.Removed,
                    name));
            Assert.Equal(
                expected.Order(),
                comparison.Changes().Select(change => (change.Kind, Encoding.UTF8.GetString((change.After ?? change.Before)!.NameBytes.Span))).Order());
            Assert.Equal(before.Keys.Intersect(after.Keys).Count() - comparison.Counts.Changed, comparison.Counts.Equal);
        }, iter: 100);

    [Fact]
    public async Task An_archive_does_not_differ_from_itself()
        => await Trees.SampleAsync(async tree =>
        {
            (byte[], Unlock) archive = await MakeAsync(tree, seed: 1);

            using ArchiveComparison comparison = await CompareAsync(archive, archive, new CompareOptions { WithTimes = true, WithTexts = true });

            Assert.True(comparison.Counts.IsNothing);
            Assert.Equal(tree.Count, comparison.Counts.Equal);
            Assert.Empty(comparison.Changes());
        }, iter: 50);

    [Fact]
    public async Task Changes_are_told_by_section_and_in_the_order_of_the_tree()
    {
        var tree = new Dictionary<string, Thing>();
        foreach (string name in (string[])["audit/a", "state/a", "config/a.b", "config/a/b", "config/a", "config/a-b"])
            tree[name] = new Thing(ArchiveEntryKind.File, "one", 0x180);

        using ArchiveComparison comparison = await CompareAsync(await MakeAsync([], seed: 1), await MakeAsync(tree, seed: 2));

        Assert.Equal(
            ["config/a", "config/a/b", "config/a-b", "config/a.b", "state/a", "audit/a"], comparison.Changes().Select(change => change.Name));
        Assert.Equal((6, 18), (comparison.Counts.Added, comparison.Counts.AddedBytes));
    }

    [Fact]
    public async Task Of_a_name_that_is_archived_twice_the_later_one_counts()
    {
        HandMade twice = new HandMade().File("config/a", "old"u8.ToArray()).File("config/a", "new"u8.ToArray()).Whole();
        HandMade once = new HandMade().File("config/a", "new"u8.ToArray()).Whole();

        using ArchiveComparison comparison = await CompareAsync(await SealAsync(twice), await SealAsync(once));

        Assert.True(comparison.Counts.IsNothing);
    }

    [Fact]
    public async Task Which_name_of_a_file_came_first_is_no_difference_and_how_many_it_has_is_one()
    {
        using var scratch = new Scratch();
        (string a, string b) = (scratch.Write("a", "same"), scratch["b"]);
        await Shell.RunAsync($"ln {a} {b}");
        byte[] forwards = await OfFilesAsync(a, b), backwards = await OfFilesAsync(b, a);
        await Shell.RunAsync($"rm {b}; cp -p {a} {b}");
        byte[] apart = await OfFilesAsync(a, b);

        using ArchiveComparison same = await CompareAsync(forwards, backwards);
        using ArchiveComparison parted = await CompareAsync(forwards, apart);

        Assert.True(same.Counts.IsNothing);
        Assert.Equal(
            [("a", EntryDifferences.Links), ("b", EntryDifferences.Links)],
            parted.Changes().Where(change => change.After!.Kind == ArchiveEntryKind.File).Select(change => (change.Name[^1..], change.Differences)));
    }

    [Fact]
    public async Task Mode_owner_attributes_target_and_times_are_seen()
    {
        using var scratch = new Scratch();
        foreach (string name in (string[])["mode", "attribute", "time", "list"])
            scratch.Write($"tree/{name}", name);
        await Shell.RunAsync($"cd {scratch["tree"]}; ln -s one link; setfattr -n user.note -v one attribute");
        (byte[] before, _) = await Archives.CreateAsync(scratch["tree"]);
        await Shell.RunAsync(
            $"cd {scratch["tree"]}; chmod 640 mode; touch -d 2001-01-01 time; setfattr -n user.note -v two attribute; setfacl -m u:1:r list; ln -sfn two link");
        (byte[] after, _) = await Archives.CreateAsync(scratch["tree"]);

        using ArchiveComparison comparison = await CompareAsync(before, after);
        using ArchiveComparison withTimes = await CompareAsync(before, after, new CompareOptions { WithTimes = true });

        Dictionary<string, EntryDifferences> differences = comparison.Changes().ToDictionary(change => Path.GetFileName(change.Name), change => change.Differences);
        Assert.Equal(EntryDifferences.Mode, differences["mode"]);
        Assert.Equal(EntryDifferences.Attributes, differences["attribute"]);
        Assert.True(differences["list"].HasFlag(EntryDifferences.Attributes));
        Assert.Equal(EntryDifferences.Content, differences["link"]);
        Assert.Equal(4, differences.Count);
        Assert.Contains(withTimes.Changes(), change => change.Name.EndsWith("/time", StringComparison.Ordinal) && change.Differences == EntryDifferences.Time);
    }

    [Fact]
    public async Task Texts_are_compared_and_secrets_are_not_shown()
    {
        HandMade Archive(string which) => new HandMade()
            .File("config/etc/app.conf", Encoding.UTF8.GetBytes($"port={which}\npassword=hunter-{which}\n"))
            .File("config/etc/shadow", Encoding.UTF8.GetBytes($"root:hunter-{which}"))
            .File("config/etc/tls.pem", Encoding.UTF8.GetBytes($"-----BEGIN PRIVATE KEY-----\nhunter-{which}\n"))
            .File("config/etc/blob", [0, (byte)which[0]])
            .File("config/etc/large", Encoding.UTF8.GetBytes(which.PadRight(DiffMaker.MaxSize + 1)))
            .Whole();

        using ArchiveComparison comparison = await CompareAsync(
            await SealAsync(Archive("one")), await SealAsync(Archive("two")), new CompareOptions { WithTexts = true });

        Dictionary<string, string?> diffs = comparison.Changes().ToDictionary(change => change.Name, change => change.Diff);
        Assert.Equal("@@ line 1 @@\n-port=one\n-password=***\n+port=two\n+password=***\n", diffs["config/etc/app.conf"]);
        Assert.Equal(SecretFiles.Masked, diffs["config/etc/shadow"]);
        Assert.Equal(SecretFiles.Masked, diffs["config/etc/tls.pem"]);
        Assert.Null(diffs["config/etc/blob"]);
        Assert.Null(diffs["config/etc/large"]);
        Assert.All(diffs.Values, diff => Assert.DoesNotContain("hunter", diff ?? "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Texts_beyond_a_thousand_are_counted()
    {
        async Task<(byte[], Unlock)> MakeManyAsync(string content)
        {
            var archive = new HandMade();
            for (int i = 0; i < CompareOptions.MaxTexts + 5; i++)
                archive.File($"config/{i:d4}", Encoding.UTF8.GetBytes(content));
            return await SealAsync(archive.Whole());
        }

        using ArchiveComparison comparison = await CompareAsync(
            await MakeManyAsync("one\n"), await MakeManyAsync("two\n"), new CompareOptions { WithTexts = true });

        Assert.Equal(5, comparison.TextsLeftOut);
        Assert.Equal(CompareOptions.MaxTexts, comparison.Changes().Count(change => change.Diff is not null));
    }

    [Fact]
    public async Task A_section_that_only_one_was_asked_for_is_not_compared()
    {
        HandMade with = new HandMade(ArchiveSection.Config, ArchiveSection.Logs).File("config/a", [1]).File("logs/b", [2]).Whole();
        HandMade without = new HandMade(ArchiveSection.Config).File("config/a", [1]).Whole();

        using ArchiveComparison comparison = await CompareAsync(await SealAsync(with), await SealAsync(without));

        Assert.Equal([ArchiveSection.Logs], comparison.Uncompared);
        Assert.True(comparison.Counts.IsNothing);
    }

    [Fact]
    public async Task Only_what_is_selected_is_compared()
    {
        HandMade Archive(byte content) => new HandMade().File("config/etc/a", [content]).File("config/etc/b", [content]).Whole();
        var options = new CompareOptions { Selection = RestoreSelection.Parse(null, ["/etc/b"], [], []) };

        using ArchiveComparison comparison = await CompareAsync(await SealAsync(Archive(1)), await SealAsync(Archive(2)), options);

        Assert.Equal("config/etc/b", Assert.Single(comparison.Changes()).Name);
    }

    [Fact]
    public async Task A_damaged_archive_is_named()
    {
        (byte[] whole, Unlock unlock) = await MakeAsync([], seed: 1);
        byte[] damaged = [.. whole];
        damaged[^30] ^= 1;

        ArchiveException e = await Assert.ThrowsAsync<ArchiveException>(() => CompareAsync((whole, unlock), (damaged, unlock)));

        Assert.StartsWith("newer: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_that_changes_between_proof_and_texts_is_noticed()
    {
        HandMade Archive(string text) => new HandMade().File("config/a", Encoding.UTF8.GetBytes(text)).Whole();
        (byte[] before, Unlock unlockBefore) = await SealAsync(Archive("one\n"));
        (byte[] after, Unlock unlockAfter) = await SealAsync(Archive("two\n"));

        ArchiveException e = await Assert.ThrowsAsync<ArchiveException>(() => ArchiveComparison.MakeAsync(
            new ComparedArchive("older", new Changing(before, at: 200), unlockBefore),
            new ComparedArchive("newer", new MemoryStream(after), unlockAfter),
            new CompareOptions { WithTexts = true },
            default));

        Assert.Equal(ArchiveFault.Damaged, e.Fault);
        Assert.StartsWith("older: ", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Has another byte when it is read a second time.</summary>
    private sealed class Changing : MemoryStream
    {
        private readonly byte[] _bytes;
        private readonly int _at;
        private int _readings;

        public Changing(byte[] bytes, int at) : base(bytes) => (_bytes, _at) = (bytes, at);

        public override long Position
        {
            get => base.Position;
            set
            {
                if (++_readings == 2)
                    _bytes[_at] ^= 1;
                base.Position = value;
            }
        }
    }

    private static Task<ArchiveComparison> CompareAsync((byte[] Bytes, Unlock Unlock) before, (byte[] Bytes, Unlock Unlock) after, CompareOptions? options = null)
        => ArchiveComparison.MakeAsync(
            new ComparedArchive("older", new MemoryStream(before.Bytes), before.Unlock),
            new ComparedArchive("newer", new MemoryStream(after.Bytes), after.Unlock),
            options ?? new CompareOptions(),
            default);

    private static Task<ArchiveComparison> CompareAsync(byte[] before, byte[] after, CompareOptions? options = null)
    {
        Unlock unlock = Unlock.WithPassphrase(Archives.Passphrase);
        return CompareAsync((before, unlock), (after, unlock), options);
    }

    private static async Task<(byte[] Bytes, Unlock Unlock)> SealAsync(HandMade archive)
        => (await archive.SealAsync(), Unlock.WithSessionKey(archive.Key));

    /// <summary>Within its section, a walk may come by things in any order.</summary>
    private static Task<(byte[] Bytes, Unlock Unlock)> MakeAsync(Dictionary<string, Thing> tree, int seed)
    {
        var archive = new HandMade();
        foreach ((string name, Thing thing) in tree
            .OrderBy(one => ArchiveSections.Of(Encoding.UTF8.GetBytes(one.Key)))
            .ThenBy(one => HashCode.Combine(one.Key.Length, one.Key[^1], seed)))
        {
            archive.Entry(
                thing.Kind,
                name,
                thing.Kind == ArchiveEntryKind.SymbolicLink ? thing.Content : "",
                thing.Kind == ArchiveEntryKind.File ? Encoding.UTF8.GetBytes(thing.Content) : null,
                mode: thing.Mode);
        }
        return SealAsync(archive.Whole());
    }

    private static async Task<byte[]> OfFilesAsync(params string[] files)
    {
        using var output = new MemoryStream();
        await Archives.WriteAsync(output, async writer =>
        {
            foreach (string file in files)
                await writer.AddTreeAsync(ArchiveSection.Config, file, PathExcludes.None, default);
        });
        return output.ToArray();
    }
}
