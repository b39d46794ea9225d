using System.Text;
using Backstay.Archive.Tests.Support;
using CsCheck;

namespace Backstay.Archive.Tests.Restoring;

public sealed class DiffTests
{
    [Fact]
    public void A_diff_has_the_lines_that_differ_and_three_around_them()
    {
        string before = string.Concat(Enumerable.Range(1, 30).Select(i => $"{i}\n"));
        string after = before.Replace("\n10\n", "\nten\n", StringComparison.Ordinal).Replace("\n25\n", "\n25\nmore\n", StringComparison.Ordinal);

        Assert.Equal(
            "@@ line 7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n@@ line 23 @@\n 23\n 24\n 25\n+more\n 26\n 27\n 28\n", TextDiff.Make(before, after));
    }

    [Theory]
    [InlineData("a\n", "a\n", "")]
    [InlineData("", "a\n", "@@ line 1 @@\n+a\n")]
    [InlineData("a", "a\n", "@@ line 1 @@\n-a (no end of line)\n+a\n")]
    public void Ends_count(string before, string after, string diff) => Assert.Equal(diff, TextDiff.Make(before, after));

    [Fact]
    public void The_marked_lines_make_one_text_of_the_other()
    {
        Gen<string> text = Gen.Int[0, 3].Select(i => $"{i}\n").Array[0, 12].Select(lines => string.Concat(lines));

        Gen.Select(text, text).Sample((before, after) =>
        {
            // Of short texts everything is near a change, unless nothing changes or something is farther than three lines away.
            string[] lines = TextDiff.Make(before, after).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (lines.Count(line => line.StartsWith("@@", StringComparison.Ordinal)) != 1)
                return;
            string old = string.Concat(lines.Where(line => line[0] is ' ' or '-').Select(line => $"{line[1..]}\n"));
            string @new = string.Concat(lines.Where(line => line[0] is ' ' or '+').Select(line => $"{line[1..]}\n"));
            Assert.Contains(old, before, StringComparison.Ordinal);
            Assert.Contains(@new, after, StringComparison.Ordinal);
            Assert.Equal(before.Length - old.Length, after.Length - @new.Length);
        });
    }

    [Fact]
    public void Long_texts_are_bounded()
    {
        string before = string.Concat(Enumerable.Range(0, 1_500).Select(i => $"{i}\n"));
        string after = string.Concat(Enumerable.Range(0, 1_500).Select(i => $"other {i}\n"));

        Assert.True(TextDiff.Make(before, after).Split('\n').Length <= TextDiff.MaxLines + 3);
        Assert.Contains("too many to compare", TextDiff.Make(before + before, after + after), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("etc/shadow", "root:$6$x")]
    [InlineData("etc/ssl/private/server.pem", "x")]
    [InlineData("etc/ssh/ssh_host_ed25519_key", "x")]
    [InlineData("root/.ssh/id_rsa", "x")]
    [InlineData("srv/app/.env", "A=1")]
    [InlineData("srv/app/server.pem", "-----BEGIN PRIVATE KEY-----")]
    [InlineData("home/me/ring.asc", "-----BEGIN PGP PRIVATE KEY BLOCK-----")]
    public void Secrets_are_known(string path, string content)
        => Assert.True(SecretFiles.IsSecret(Encoding.UTF8.GetBytes(path), Encoding.UTF8.GetBytes(content)));

    [Fact]
    public void Passwords_in_texts_are_masked()
    {
        string masked = SecretFiles.Mask(
            "-password = hunter2\n+db_password: 'hunter3'\n url=postgres://app:hunter4@db/app\n+requirepass x\n+API_KEY=hunter5\n-hash $6$abc$hunter6\n port=8080\n");

        Assert.DoesNotContain("hunter", masked, StringComparison.Ordinal);
        Assert.Contains(" port=8080\n", masked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_shows_what_would_change_and_no_secret()
    {
        using var scratch = new Scratch();
        string key = "-----BEGIN OPENSSH PRIVATE KEY-----\nnew-secret\n";
        scratch.Write("source/hosts", "127.0.0.1 one\n");
        scratch.Write("source/key", key);
        scratch.Write("source/binary", [0, 1, 2]);
        (byte[] archive, _) = await Archives.CreateAsync(scratch["source"]);
        string there = $"machine{scratch["source"]}";
        scratch.Write($"{there}/hosts", "127.0.0.1 two\n");
        scratch.Write($"{there}/key", "old-secret");
        scratch.Write($"{there}/binary", [3]);

        using RestorePlan plan = await Restores.PlanAsync(archive, Restores.To(scratch["machine"]) with { WithDiffs = true });

        Dictionary<string, string?> diffs = plan.Changes().Where(change => change.Kind == ArchiveEntryKind.File)
            .ToDictionary(change => Path.GetFileName(change.Path), change => change.Diff);
        Assert.Equal("@@ line 1 @@\n-127.0.0.1 two\n+127.0.0.1 one\n", diffs["hosts"]);
        Assert.Equal(SecretFiles.Masked, diffs["key"]);
        Assert.Null(diffs["binary"]);
    }
}
